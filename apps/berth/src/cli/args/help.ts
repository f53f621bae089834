import type { Flag } from "./flag.ts";

/** What the help of one command shows. */
export interface CommandHelp {
  /** `berth container run`. */
  readonly name: string;
  /** `[OPTIONS] IMAGE [COMMAND] [ARG...]`. */
  readonly usage: string;
  readonly summary: string;
  readonly flags: readonly Flag[];
  readonly examples: readonly string[];
  /** Every way to write the command. */
  readonly aliases: readonly string[];
}

/** The help text of a command; `columns` is the terminal's width. */
export function commandHelp(help: CommandHelp, columns: number): string {
  const parts = [`Usage:  ${help.name} ${help.usage}`.trimEnd(), help.summary];
  if (help.aliases.length > 1) parts.push(`Aliases:\n  ${help.aliases.join(", ")}`);
  if (help.examples.length > 0) parts.push(`Examples:\n${help.examples.map((example) => `  ${example}`).join("\n")}`);
  const flags = flagHelp(help.flags, columns);
  if (flags !== "") parts.push(`Options:\n${flags}`);
  return `${parts.join("\n\n")}\n`;
}

/** One line or more for every flag that is shown, in the order of their names. */
export function flagHelp(flags: readonly Flag[], columns: number): string {
  const shown = flags.filter((flag) => flag.hidden !== true).sort((left, right) => (left.name < right.name ? -1 : 1));
  const rows = shown.map((flag) => ({ left: leftColumn(flag), help: helpText(flag) }));
  const width = Math.max(0, ...rows.map((row) => row.left.length)) + 3;
  return rows.map((row) => row.left.padEnd(width) + wrap(row.help, Math.max(24, columns - width), width)).join("\n");
}

const valueNames: Readonly<Record<Flag["type"], string>> = {
  bool: "",
  string: "string",
  int: "int",
  uint: "uint",
  duration: "duration",
  bytes: "bytes",
  list: "list",
};

function leftColumn(flag: Flag): string {
  const name = `${flag.short === undefined ? "      " : `  -${flag.short}, `}--${flag.name}`;
  const value = flag.valueName ?? valueNames[flag.type];
  return value === "" ? name : `${name} ${value}`;
}

function helpText(flag: Flag): string {
  if (flag.fallback === undefined || flag.fallback === "" || flag.fallback === "false") return flag.help;
  return `${flag.help} (default ${flag.type === "string" ? JSON.stringify(flag.fallback) : flag.fallback})`;
}

function wrap(text: string, width: number, indent: number): string {
  const lines: string[] = [];
  let line = "";
  for (const word of text.split(" ")) {
    if (line !== "" && line.length + 1 + word.length > width) {
      lines.push(line);
      line = word;
    } else {
      line = line === "" ? word : `${line} ${word}`;
    }
  }
  lines.push(line);
  return lines.join(`\n${" ".repeat(indent)}`);
}
