import { existsSync } from "node:fs";
import { loadImages } from "@berth/client";
import type { Command } from "../command.ts";
import { StatusError } from "../status.ts";
import { showProgress } from "./progress.ts";

/** `berth load`. */
export const command: Command = {
  usage: "[OPTIONS]",
  about:
    "Reads archives of 'berth save' and 'docker save', and OCI archives; packed by gzip, bzip2, xz or zstd they are unpacked as they come.",
  flags: [
    { name: "input", short: "i", type: "string", values: "file", help: "Archive to read; else standard input" },
    { name: "platform", type: "string", help: "Of images for several, only this one, e.g. linux/amd64" },
    { name: "quiet", short: "q", type: "bool", help: "Show no progress" },
  ],
  examples: [
    { line: "berth load -i image.tar", does: "Bring in what is in a file" },
    { line: "gunzip < image.tar.gz | berth load", does: "From a pipe" },
  ],
  seeAlso: ["save", "import", "images"],
  min: 0,
  max: 0,
  run: async (context, parsed) => {
    const path = parsed.string("input");
    if (path === "" && process.stdin.isTTY === true) throw new StatusError(1, "requested load from stdin, but stdin is empty");
    if (path !== "" && !existsSync(path)) throw new StatusError(1, `open ${path}: no such file or directory`);
    const archive = path === "" ? Bun.stdin.stream() : Bun.file(path);
    const quiet = parsed.bool("quiet") || !context.stdout.isTerminal;
    const messages = await loadImages(context.engine, archive, { quiet, platform: parsed.string("platform") });
    await showProgress(messages, context.stdout);
    return 0;
  },
};
