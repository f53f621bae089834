import { listContainers } from "@berth/client";
import { filterFlag, toFilters } from "../args/filter.ts";
import type { Command, Context } from "../command.ts";
import { formatTable } from "../format/table.ts";
import { formatHelp } from "../format/text.ts";
import { parseGrouping, parseSort } from "./ls/options.ts";
import { containerHeaders, containerRow } from "./row.ts";

const columns = ["ID", "Image", "Command", "RunningFor", "Status", "Ports", "Names"] as const;
const table = `table ${columns.map((name) => `{{.${name}}}`).join("\t")}`;

/** `berth ps`. */
export const command: Command = {
  usage: "[OPTIONS]",
  about:
    "Without -a only containers that run are shown, the newest first. On a terminal that is too narrow columns say things shorter, are cut, and the least important are left out; --no-trunc shows all in full. In pipes the table is docker's. --format shows other columns, or one value of each container for a script.",
  flags: [
    { name: "all", short: "a", type: "bool", help: "Also those that do not run" },
    filterFlag,
    { name: "format", type: "string", values: ["table", "json"], help: formatHelp },
    {
      name: "group-by",
      type: "string",
      values: ["stack", "label="],
      help: "Under headings, by 'stack' (the Compose project) or label=KEY",
      check: (value) => (parseGrouping(value), value),
    },
    { name: "last", short: "n", type: "int", help: "Only the so many newest, running or not", fallback: "-1" },
    { name: "latest", short: "l", type: "bool", help: "Only the newest one, running or not" },
    { name: "no-trunc", type: "bool", help: "Show every column in full" },
    { name: "quiet", short: "q", type: "bool", help: "Show ids, nothing else" },
    { name: "size", short: "s", type: "bool", help: "Count files too and show their size" },
    {
      name: "sort",
      type: "string",
      valueName: "key",
      values: ["name", "image", "created", "status", "size", "cpu", "memory"],
      help: "By name, image, created, status, size, cpu or memory; -name and so on for the other way round",
      check: (value) => (parseSort(value), value),
    },
  ],
  examples: [
    { line: "berth ps", does: "What runs now" },
    { line: "berth ps --format '{{.Names}}: {{.Status}}'", does: "A line of your own for each container" },
    { line: "berth ps --format 'table {{.Names}}\\t{{.Image}}\\t{{.Ports}}'", does: "A table with the columns you choose" },
    { line: "berth ps -q --filter label=tier=front", does: "Ids only, for a script" },
    { line: "berth ps --sort cpu", does: "What uses most now first; -cpu for the other way round" },
    { line: "berth ps -a --group-by stack", does: "Under the name of the Compose project that each belongs to" },
    { line: "berth ps -as", does: "With the size of what each container has written" },
    { line: "berth ps -a --filter status=exited", does: "What has ended and is still there" },
  ],
  seeAlso: ["inspect", "container prune", "stats"],
  min: 0,
  max: 0,
  run: async (context, parsed) => {
    const quiet = parsed.bool("quiet");
    const asked = parsed.string("format");
    if (quiet && asked !== "" && asked !== "table" && asked !== "raw") {
      await context.stderr.write("WARNING: --format counts for nothing beside --quiet\n");
    }
    const format = quiet
      ? asked === "raw"
        ? "container_id: {{.ID}}"
        : "{{.ID}}"
      : listFormat(asked || (context.config.psFormat ?? "table"), parsed.bool("size"));
    const [sort, grouping] = [
      parsed.has("sort") ? parseSort(parsed.string("sort")) : undefined,
      parsed.has("group-by") ? parseGrouping(parsed.string("group-by")) : undefined,
    ];
    const last = parsed.bool("latest") && !parsed.has("last") ? 1 : parsed.number("last");
    const listed = await listContainers(context.engine, {
      all: parsed.bool("all"),
      ...(last > 0 ? { limit: last } : {}),
      size: parsed.bool("size") || sort?.key === "size" || (!quiet && (/\.Size\b/.test(format) || /\{\{\s*json \.\s*\}\}/.test(format))),
      filters: toFilters(parsed.list("filter")),
    });
    const trunc = !parsed.bool("no-trunc");
    const columnsAtTerminal = asked === "" && !quiet && trunc && format.startsWith(table) ? await terminalColumns(context) : undefined;
    if (sort !== undefined || grouping !== undefined || columnsAtTerminal !== undefined) {
      const { showArranged } = await import("./ls/arrange.ts");
      return showArranged(context, listed, {
        sort,
        grouping,
        format,
        trunc,
        table,
        columns,
        ...(columnsAtTerminal === undefined ? {} : { width: columnsAtTerminal }),
      });
    }
    const nowMs = Date.now();
    const rows = listed.map((container) => containerRow(container, { trunc, nowMs }));
    if (format === table) {
      await context.stdout.write(formatTable(columns, containerHeaders, rows));
      return 0;
    }
    const { formatList } = await import("../format/rows.ts");
    await context.stdout.write(formatList({ format, headers: containerHeaders, rows }));
    return 0;
  },
};

/** Major number of /dev/null and its like, which are character devices and no terminals. */
const memoryDevices = 1;

/**
 * The terminal's width. Whether there is one is asked in the cheapest way: `process.stdout` costs more than the whole list, and so
 * does `node:tty`, which brings sockets along. What is no character device cannot be a terminal; what is closed neither.
 */
async function terminalColumns({ stdout }: Context): Promise<number | undefined> {
  const facts = await Bun.stdout.stat().catch(() => undefined);
  if (facts === undefined || !facts.isCharacterDevice() || ((facts.rdev >>> 8) & 0xfff) === memoryDevices) return undefined;
  const { isatty } = await import("node:tty");
  const width = isatty(1) ? stdout.size()?.columns : undefined;
  // A terminal that knows no size, as some recorders have it, counts as wide.
  return width === 0 ? undefined : width;
}

const raw = [
  "container_id: {{.ID}}",
  "image: {{.Image}}",
  "command: {{.Command}}",
  "created_at: {{.CreatedAt}}",
  "state: {{- pad .State 1 0}}",
  "status: {{- pad .Status 1 0}}",
  "names: {{.Names}}",
  "labels: {{- pad .Labels 1 0}}",
  "ports: {{- pad .Ports 1 0}}",
  "",
].join("\n");

function listFormat(format: string, size: boolean): string {
  if (format === "table") return size ? `${table}\t{{.Size}}` : table;
  if (format === "raw") return size ? `${raw}size: {{.Size}}\n` : raw;
  return format;
}
