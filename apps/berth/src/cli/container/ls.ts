import { listContainers } from "@berth/client";
import { filterFlag, toFilters } from "../args/filter.ts";
import type { Command } from "../command.ts";
import { formatTable } from "../format/table.ts";
import { formatHelp } from "../format/text.ts";
import { containerHeaders, containerRow } from "./row.ts";

const columns = ["ID", "Image", "Command", "RunningFor", "Status", "Ports", "Names"] as const;
const table = `table ${columns.map((name) => `{{.${name}}}`).join("\t")}`;

/** `berth ps`. */
export const command: Command = {
  usage: "[OPTIONS]",
  about:
    "Without -a only containers that run are shown, the newest first. The columns fit a terminal; --format shows others, or one value of each container for a script.",
  flags: [
    { name: "all", short: "a", type: "bool", help: "Also those that do not run" },
    filterFlag,
    { name: "format", type: "string", help: formatHelp },
    { name: "last", short: "n", type: "int", help: "Only the so many newest, running or not", fallback: "-1" },
    { name: "latest", short: "l", type: "bool", help: "Only the newest one, running or not" },
    { name: "no-trunc", type: "bool", help: "Show every column in full" },
    { name: "quiet", short: "q", type: "bool", help: "Show ids, nothing else" },
    { name: "size", short: "s", type: "bool", help: "Count files too and show their size" },
  ],
  examples: [
    { line: "berth ps", does: "What runs now" },
    { line: "berth ps -a --filter status=exited", does: "What has ended and is still there" },
    { line: "berth ps --format '{{.Names}}: {{.Status}}'", does: "A line of your own for each container" },
    { line: "berth ps --format 'table {{.Names}}\\t{{.Image}}\\t{{.Ports}}'", does: "A table with the columns you choose" },
    { line: "berth ps -q --filter label=tier=front", does: "Ids only, for a script" },
    { line: "berth ps -as", does: "With the size of what each container has written" },
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
    const last = parsed.bool("latest") && !parsed.has("last") ? 1 : parsed.number("last");
    const containers = await listContainers(context.engine, {
      all: parsed.bool("all"),
      ...(last > 0 ? { limit: last } : {}),
      size: parsed.bool("size") || (!quiet && (/\.Size\b/.test(format) || /\{\{\s*json \.\s*\}\}/.test(format))),
      filters: toFilters(parsed.list("filter")),
    });
    const nowMs = Date.now();
    const trunc = !parsed.bool("no-trunc");
    const rows = containers.map((container) => containerRow(container, { trunc, nowMs }));
    if (format === table) {
      await context.stdout.write(formatTable(columns, containerHeaders, rows));
      return 0;
    }
    const { formatList } = await import("../format/rows.ts");
    await context.stdout.write(formatList({ format, headers: containerHeaders, rows }));
    return 0;
  },
};

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
