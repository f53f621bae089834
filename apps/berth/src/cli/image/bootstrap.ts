import { Readable } from "node:stream";
import { readJsonLines } from "@berth/client";
import type { ProgressMessage } from "@berth/spec";
import type { Command } from "../command.ts";
import { runBootstrap } from "./bootstrap/command.ts";
import { bootstrapFlags } from "./bootstrap/flags.ts";

/** `berth image bootstrap`. What it tells while it works goes to stderr. */
export const command: Command = {
  usage: "[OPTIONS] busybox|debian",
  about:
    "'busybox' is made of this machine's own busybox and needs no network. 'debian' is fetched from a Debian mirror by mmdebstrap or debootstrap, one of which must be installed.",
  flags: bootstrapFlags,
  examples: [
    { line: "berth image bootstrap busybox", does: "A small image of this machine's own busybox" },
    { line: "berth run --rm busybox echo it works", does: "Try it" },
    { line: "berth image bootstrap debian --tag base:1", does: "A Debian image from the mirror that this machine uses" },
  ],
  seeAlso: ["import", "load", "images"],
  min: 1,
  max: 1,
  run: async (context, parsed) => {
    const options = ["mirror", "suite", "tag"].flatMap((name) => (parsed.has(name) ? [`--${name}=${parsed.string(name)}`] : []));
    let printed: Promise<void> = Promise.resolve();
    const code = await runBootstrap(
      [...options, ...parsed.args],
      async (path, archive) => {
        const body = Readable.toWeb(archive) as unknown as ReadableStream<Uint8Array>;
        const response = await context.engine.send({ method: "POST", path, body, contentType: "application/x-tar" });
        return readJsonLines<ProgressMessage>(response.body);
      },
      (line) => {
        printed = context.stderr.write(`${line}\n`);
      },
    );
    await printed;
    return code;
  },
};
