import { topContainer } from "@berth/client";
import type { Command } from "../command.ts";
import { alignColumns } from "../format/table.ts";

/** `berth top`. */
export const command: Command = {
  usage: "CONTAINER [ps OPTIONS]",
  about:
    "Process ids are those of the machine, so that they fit 'ps' and 'kill' outside. What is behind the name goes to ps(1), which must be installed here.",
  flags: [],
  examples: [
    { line: "berth top web", does: "The processes of a container" },
    { line: "berth top web -o pid,user,args", does: "With the columns you choose" },
  ],
  seeAlso: ["exec", "stats", "exec ls"],
  offers: "running-container",
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
