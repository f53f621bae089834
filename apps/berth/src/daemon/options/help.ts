import type { HelpRow } from "../../help-text/columns.ts";
import { leftWidth, twoColumns, wrap } from "../../help-text/columns.ts";
import type { Example } from "../../help-text/example.ts";
import { exampleSection } from "../../help-text/example.ts";
import type { OptionRow } from "./option.ts";
import { optionTable } from "./table.ts";

/** The titles of the flags, in their order. */
export const optionGroups = ["Daemon", "Listening", "Containers", "Logging", "Network", "Registries", "Storage"] as const;

/** How the daemon is started. */
export const daemonExamples: readonly Example[] = [
  { line: "berth daemon", does: "Run the engine here, until ctrl-c; its containers go on" },
  {
    line: "berth daemon -H unix:///run/berth/berth.sock -H tcp://127.0.0.1:2375",
    does: "Listen on a socket and on a port of this machine",
  },
  { line: "berth daemon --validate --config-file ./daemon.json", does: "Only check the settings" },
];

/** What else there is to know. */
export function aboutDaemon(): string {
  const file = String(optionTable.find((row) => row.flag === "config-file")?.fallback);
  return `Settings can stand in ${file} too, with dockerd's keys. SIGHUP reads it again.`;
}

/**
 * The text of `berth daemon --help`: the flags in groups, with what they are when nobody sets them.
 * @param columns width of the terminal in characters
 */
export function helpText(columns: number): string {
  const rows = optionTable.filter((row) => row.flag !== null);
  const width = leftWidth(rows.map(helpRow));
  const parts = optionGroups.map((group) => {
    const list = rows.filter((row) => row.group === group).map(helpRow);
    return `${group}:\n${twoColumns(list, columns, width)}`;
  });
  return [
    "Usage:  berth daemon [OPTIONS]",
    "Run the container engine",
    wrap(aboutDaemon(), Math.min(columns, 80)).join("\n"),
    exampleSection(daemonExamples),
    ...parts,
    `Other:\n${twoColumns([["  -h, --help", "Show this text"]], columns, width)}\n`,
  ].join("\n\n");
}

function helpRow(row: OptionRow): HelpRow {
  const letter = row.short === undefined ? "    " : `-${row.short}, `;
  return [`  ${letter}--${row.flag ?? ""}${row.kind === "bool" ? "" : ` ${row.kind}`}`, `${row.help}${fallback(row)}`];
}

function fallback(row: OptionRow): string {
  if (row.inert === true) return " (accepted, without effect)";
  const value = optionDefault(row);
  return value === "" ? "" : ` (default ${value})`;
}

/** What an option is when nobody sets it, as the help shows it; empty for nothing. */
export function optionDefault(row: OptionRow): string {
  const value = row.fallback;
  if (value === undefined || value === "" || value === 0 || value === false) return "";
  return row.kind === "size" ? `${Number(value) / 1024 ** 2}m` : String(value);
}
