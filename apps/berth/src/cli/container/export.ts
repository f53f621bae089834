import { exportContainer } from "@berth/client";
import type { Command } from "../command.ts";
import { checkArchiveTarget, writeWhole } from "../image/archive-file.ts";

/** `berth export`. A file appears only when it is whole. */
export const command: Command = {
  usage: "[OPTIONS] CONTAINER",
  about:
    "Writes the root file system as the container sees it, without what is mounted on it. The archive has no history and no settings; 'berth import' makes an image of it, 'berth save' keeps an image whole.",
  flags: [{ name: "output", short: "o", type: "string", values: "file", help: "File to write; else standard output" }],
  examples: [
    { line: "berth export -o web.tar web", does: "All files of a container into an archive" },
    { line: "berth export web | tar -t | head -n 3", does: "Look at what would be in it" },
    { line: "berth export web | berth import - flat:1", does: "A container as an image of one layer" },
  ],
  seeAlso: ["import", "save", "cp"],
  min: 1,
  max: 1,
  run: async (context, parsed) => {
    const path = parsed.string("output");
    await checkArchiveTarget(path, { output: context.stdout, what: "export container" });
    const body = await exportContainer(context.engine, parsed.arg(0));
    if (path !== "") await writeWhole(path, body);
    else for await (const bytes of body) await context.stdout.write(bytes);
    return 0;
  },
};
