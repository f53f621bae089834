import { exportContainer } from "@berth/client";
import type { Command } from "../command.ts";
import { checkArchiveTarget, writeWhole } from "../image/archive-file.ts";

/** `berth export`. A file appears only when it is whole. */
export const command: Command = {
  usage: "[OPTIONS] CONTAINER",
  flags: [{ name: "output", short: "o", type: "string", help: "File to write; else standard output" }],
  examples: ["berth export -o web.tar web", "berth export web | tar -t"],
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
