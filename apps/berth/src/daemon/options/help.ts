import type { OptionRow } from "./option.ts";
import { optionTable } from "./table.ts";

const groups = ["Daemon", "Listening", "Containers", "Logging", "Network", "Registries", "Storage"] as const;

/** The text of `berth daemon --help`: the flags in groups, with what they are when nobody sets them. */
export function helpText(): string {
  const rows = optionTable.filter((row) => row.flag !== null);
  const width = Math.max(...rows.map((row) => head(row).length));
  const parts = groups.map((group) => {
    const lines = rows.filter((row) => row.group === group).map((row) => `${head(row).padEnd(width)}  ${row.help}${fallback(row)}`);
    return `${group}:\n${lines.join("\n")}\n`;
  });
  return `Usage:  berth daemon [OPTIONS]

The container engine. Options also stand in ${String(optionTable.find((row) => row.flag === "config-file")?.fallback)}; SIGHUP reads that file again.

${parts.join("\n")}
  -h, --help  Print this text
`;
}

function head(row: OptionRow): string {
  const letter = row.short === undefined ? "    " : `-${row.short}, `;
  return `  ${letter}--${row.flag ?? ""}${row.kind === "bool" ? "" : ` ${row.kind}`}`;
}

function fallback(row: OptionRow): string {
  if (row.inert === true) return " (accepted, without effect)";
  const value = row.fallback;
  if (value === undefined || value === "" || value === 0 || value === false) return "";
  return ` (default ${String(value)})`;
}
