import { topContainer } from "@berth/client";
import type { Command } from "../command.ts";
import { alignColumns } from "../format/table.ts";

/** `berth top`. */
export const command: Command = {
  usage: "CONTAINER [ps OPTIONS]",
  flags: [],
  examples: ["berth top web", "berth top web -o pid,user,cmd"],
  min: 1,
  interspersed: false,
  run: async (context, parsed) => {
    const [name = "", ...options] = parsed.args;
    const { Titles, Processes } = await topContainer(context.engine, name, options.join(" "));
    const lines = [Titles, ...(Processes ?? [])].map((cells) => `${cells.join("\t")}\n`);
    await context.stdout.write(alignColumns(lines.join(""), { minWidth: 20, padding: 3 }));
    return 0;
  },
};
