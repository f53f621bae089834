import { saveImages } from "@berth/client";
import type { Command } from "../command.ts";
import { StatusError } from "../status.ts";
import { checkArchiveTarget, writeWhole } from "./archive-file.ts";

/** `berth save`. A file appears only when it is whole. */
export const command: Command = {
  usage: "[OPTIONS] IMAGE [IMAGE...]",
  about: "The archive holds all layers, settings and names, so that 'berth load' or 'docker load' elsewhere gives the same image.",
  flags: [
    { name: "output", short: "o", type: "string", values: "file", help: "File to write; else standard output" },
    { name: "platform", type: "string", help: "Of images for several, only this one, e.g. linux/amd64" },
  ],
  examples: [
    { line: "berth save -o tools.tar tools:1", does: "An image into a file" },
    { line: "berth save busybox tools:1 | gzip > images.tar.gz", does: "Two images, packed, through a pipe" },
  ],
  seeAlso: ["load", "export"],
  min: 1,
  run: async (context, parsed) => {
    const path = parsed.string("output");
    await checkArchiveTarget(path, { output: context.stdout, what: "save image" });
    const body = await saveImages(context.engine, parsed.args, parsed.string("platform"));
    if (body === null) throw new StatusError(1, "the engine sent nothing");
    if (path !== "") await writeWhole(path, body);
    else for await (const bytes of body) await context.stdout.write(bytes);
    return 0;
  },
};
