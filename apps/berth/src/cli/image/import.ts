import { existsSync } from "node:fs";
import { importImage } from "@berth/client";
import { familiarName, parseReference } from "@berth/spec";
import type { Command } from "../command.ts";
import { StatusError } from "../status.ts";
import { showProgress } from "./progress.ts";

/** `berth import`. */
export const command: Command = {
  usage: "[OPTIONS] file|URL|- [REPOSITORY[:TAG]]",
  about:
    "Takes an archive of a root folder (packed or not) from a file, from standard input or from a URL, and makes an image of one layer. 'berth load' reads what 'berth save' has written.",
  flags: [
    { name: "change", short: "c", type: "list", help: "Dockerfile line for the image, e.g. 'CMD [\"sh\"]'" },
    { name: "message", short: "m", type: "string", help: "Comment that 'history' shows" },
    { name: "platform", type: "string", help: "What it is made for, e.g. linux/arm64" },
  ],
  examples: [
    { line: "tar -C rootfs -c . | berth import - tools:1", does: "A folder as an image" },
    {
      line: 'berth import -c \'CMD ["sh", "-c", "echo hello"]\' rootfs.tar greeter',
      does: "An archive as an image, with a command to start",
    },
    { line: "berth run --rm greeter", does: "Start it" },
  ],
  seeAlso: ["export", "load", "image bootstrap"],
  min: 1,
  max: 2,
  run: async (context, parsed) => {
    const source = parsed.arg(0);
    const remote = /^https?:\/\//.test(source);
    if (source === "-" && process.stdin.isTTY === true) throw new StatusError(1, "cannot import from a terminal: pipe a tar archive in");
    if (source !== "-" && !remote && !existsSync(source)) throw new StatusError(1, `open ${source}: no such file or directory`);
    const name = parsed.args[1] === undefined ? undefined : parseReference(parsed.arg(1));
    if (name !== undefined && name.digest !== null) throw new StatusError(1, "refusing to create a tag with a digest reference");
    const messages = await importImage(context.engine, {
      source: remote ? source : "-",
      ...(remote ? {} : { archive: source === "-" ? Bun.stdin.stream() : Bun.file(source) }),
      ...(name === undefined ? {} : { repo: familiarName(name), tag: name.tag ?? "latest" }),
      message: parsed.string("message"),
      changes: parsed.list("change"),
      platform: parsed.string("platform") || process.env["DOCKER_DEFAULT_PLATFORM"] || "",
    });
    await showProgress(messages, context.stdout);
    return 0;
  },
};
