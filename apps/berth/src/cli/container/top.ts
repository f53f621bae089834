import { topContainer } from "@berth/client";
import type { Parsed } from "../args/parse.ts";
import type { Command, Context } from "../command.ts";
import { UsageError } from "../args/flag.ts";
import { alignColumns } from "../format/table.ts";
import { formatHelp } from "../format/text.ts";

/** Flags of the overview. */
const overviewFlags = ["all", "format", "no-stream", "sort"];

/** `berth top`. */
export const command: Command = {
  usage: "[OPTIONS] [CONTAINER [ps OPTIONS]]",
  about:
    "With a container its processes. Their ids are those of the machine, so that they fit 'ps' and 'kill' outside; what is behind the name goes to ps(1), which must be installed there. Without a container all containers and what they use: on a terminal kept up to date (q ends it, letters sort, a shows all), in a pipe once.",
  flags: [
    { name: "all", short: "a", type: "bool", help: "Also containers that do not run" },
    { name: "format", type: "string", values: ["table", "json"], help: formatHelp },
    { name: "no-stream", type: "bool", help: "Look once and end, on a terminal too" },
    {
      name: "sort",
      type: "string",
      valueName: "key",
      values: ["cpu", "memory", "net", "io", "pids", "name", "status"],
      help: "By cpu, memory, net, io, pids, name or status; -cpu and so on for the other way round",
      fallback: "cpu",
    },
  ],
  examples: [
    { line: "berth top web", does: "The processes of a container" },
    { line: "berth top web -o pid,user,args", does: "With the columns you choose" },
    { line: "berth top", does: "What all containers use, kept up to date; q ends it" },
    { line: "berth top --all --sort memory | head -n 3", does: "In a pipe a table, once" },
    { line: "berth top --format json", does: "For a program: a line of JSON for each container" },
  ],
  seeAlso: ["exec", "stats", "ps", "exec ls"],
  offers: "running-container",
  min: 0,
  interspersed: false,
  run: async (context, parsed) => {
    const [name, ...options] = parsed.args;
    if (name === undefined) return showOverview(context, parsed);
    const misplaced = overviewFlags.find((flag) => parsed.has(flag));
    if (misplaced !== undefined) throw new UsageError(`--${misplaced} is for the overview of all containers, not for the processes of one`);
    const { Titles, Processes } = await topContainer(context.engine, name, options.join(" "));
    const lines = [Titles, ...(Processes ?? [])].map((cells) => `${cells.join("\t")}\n`);
    await context.stdout.write(alignColumns(lines.join(""), { minWidth: 20, padding: 3 }));
    return 0;
  },
};

async function showOverview(context: Context, parsed: Parsed): Promise<number> {
  const { parseOrder } = await import("./overview/row.ts");
  let order: ReturnType<typeof parseOrder>;
  try {
    order = parseOrder(parsed.string("sort"));
  } catch (error) {
    throw new UsageError(`invalid value for --sort: ${error instanceof Error ? error.message : ""}`);
  }
  const all = parsed.bool("all");
  if (parsed.has("format") || parsed.bool("no-stream") || !context.stdout.isTerminal) {
    const { showSnapshot } = await import("./overview/snapshot.ts");
    return showSnapshot(context, { order, all, format: parsed.string("format") || "table" });
  }
  const { showLive } = await import("./overview/live.ts");
  return showLive(context, { order, all });
}
