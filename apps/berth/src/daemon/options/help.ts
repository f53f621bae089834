import type { HelpRow } from "../../help-text/columns.ts";
import { leftWidth, twoColumns, wrap } from "../../help-text/columns.ts";
import type { OptionRow } from "./option.ts";
import { optionTable } from "./table.ts";

const groups = ["Daemon", "Listening", "Containers", "Logging", "Network", "Registries", "Storage"] as const;

/**
 * The text of `berth daemon --help`: the flags in groups, with what they are when nobody sets them.
 * @param columns width of the terminal in characters
 */
export function helpText(columns: number): string {
  const rows = optionTable.filter((row) => row.flag !== null);
  const width = leftWidth(rows.map(helpRow));
  const parts = groups.map((group) => {
    const list = rows.filter((row) => row.group === group).map(helpRow);
    return `${group}:\n${twoColumns(list, columns, width)}`;
  });
  const file = String(optionTable.find((row) => row.flag === "config-file")?.fallback);
  const about = `Settings can stand in ${file} too, with dockerd's keys. SIGHUP reads it again.`;
  return [
    "Usage:  berth daemon [OPTIONS]",
    "Run the container engine",
    wrap(about, Math.min(columns, 80)).join("\n"),
    "Examples:\n  berth daemon\n  berth daemon -H unix:///run/berth/berth.sock -H tcp://127.0.0.1:2375\n  berth daemon --validate --config-file ./daemon.json",
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
  const value = row.fallback;
  if (value === undefined || value === "" || value === 0 || value === false) return "";
  return ` (default ${row.kind === "size" ? `${Number(value) / 1024 ** 2}m` : String(value)})`;
}
