import type { HelpRow } from "../../help-text/columns.ts";
import { leftWidth, twoColumns, wrap } from "../../help-text/columns.ts";
import type { Example } from "../../help-text/example.ts";
import { exampleSection } from "../../help-text/example.ts";
import type { Flag } from "./flag.ts";

/** What the help of one command shows. */
export interface CommandHelp {
  /** `berth container run`. */
  readonly name: string;
  /** `[OPTIONS] IMAGE [COMMAND] [ARG...]`. */
  readonly usage: string;
  readonly summary: string;
  readonly about?: string;
  readonly flags: readonly Flag[];
  readonly examples: readonly Example[];
  readonly exitCodes?: readonly HelpRow[];
  /** Whole commands, `berth container stop`. */
  readonly seeAlso?: readonly string[];
  /** Every way to write the command. */
  readonly aliases: readonly string[];
}

/** Prose in lines longer than this is hard to read. */
const widestProse = 80;

/** The help text of a command; `columns` is the terminal's width. */
export function commandHelp(help: CommandHelp, columns: number): string {
  const parts = [`Usage:  ${help.name} ${help.usage}`.trimEnd(), help.summary];
  if (help.about !== undefined) parts.push(wrap(help.about, Math.min(columns, widestProse)).join("\n"));
  if (help.aliases.length > 1) parts.push(`Aliases:\n${aliasLines(help.aliases, columns)}`);
  if (help.examples.length > 0) parts.push(exampleSection(help.examples));
  parts.push(...flagSections(help.flags, columns));
  if (help.exitCodes !== undefined)
    parts.push(
      `Exit codes:\n${twoColumns(
        help.exitCodes.map(([code, means]) => [`  ${code}`, means]),
        columns,
      )}`,
    );
  if (help.seeAlso !== undefined)
    parts.push(
      wrap(`See also: ${unbroken(help.seeAlso)}`, columns)
        .map(broken)
        .join("\n"),
    );
  return `${parts.join("\n\n")}\n`;
}

/** One line or more for every flag that is shown, in the order of their names. */
export function flagHelp(flags: readonly Flag[], columns: number): string {
  return twoColumns(rowsOf(flags), columns);
}

/** Flags below the titles of their groups; a command without groups has one list. */
function flagSections(flags: readonly Flag[], columns: number): string[] {
  const titles = [...new Set(flags.map((flag) => flag.group))].sort(
    (left, right) => Number(left === undefined) - Number(right === undefined),
  );
  const sections = titles
    .map((title) => ({ title, rows: rowsOf(flags.filter((flag) => flag.group === title)) }))
    .filter(({ rows }) => rows.length > 0);
  const width = leftWidth(sections.flatMap(({ rows }) => rows));
  return sections.map(({ title, rows }) => {
    const name = title ?? (sections.length === 1 ? "Options" : "Other");
    return `${name}:\n${twoColumns(rows, columns, width)}`;
  });
}

function rowsOf(flags: readonly Flag[]): HelpRow[] {
  const shown = flags.filter((flag) => flag.hidden !== true).sort((left, right) => (left.name < right.name ? -1 : 1));
  return shown.map((flag): HelpRow => [leftColumn(flag), helpText(flag)]);
}

function aliasLines(aliases: readonly string[], columns: number): string {
  return wrap(unbroken(aliases), columns - 2)
    .map((line) => `  ${broken(line)}`)
    .join("\n");
}

/** A list of commands that are not to be wrapped in the middle. */
function unbroken(names: readonly string[]): string {
  return names.map((name) => name.replaceAll(" ", "\u00a0")).join(", ");
}

function broken(line: string): string {
  return line.replaceAll("\u00a0", " ");
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
  const value = flagValueName(flag);
  return value === "" ? name : `${name} ${value}`;
}

/** What the help writes for a flag's value; empty for one that takes none. */
export function flagValueName(flag: Flag): string {
  return flag.valueName ?? valueNames[flag.type];
}

/** Defaults that say "nothing was asked for" are not shown. */
const silentDefaults: ReadonlySet<string | undefined> = new Set([undefined, "", "false", "0", "-1"]);

function helpText(flag: Flag): string {
  const value = flagDefault(flag);
  return value === "" ? flag.help : `${flag.help} (default ${value})`;
}

/** The default that the help shows; empty for none. */
export function flagDefault(flag: Flag): string {
  return silentDefaults.has(flag.fallback) ? "" : (flag.fallback ?? "");
}
