import { flagDefault, flagValueName } from "../cli/args/help.ts";
import type { Flag } from "../cli/args/flag.ts";
import type { Command } from "../cli/command.ts";
import type { CommandEntry } from "../cli/commands.ts";
import { helpFlag } from "../cli/globals.ts";
import { aboutDaemon, daemonExamples, optionDefault, optionGroups } from "../daemon/options/help.ts";
import { optionTable } from "../daemon/options/table.ts";
import type { Example } from "../help-text/example.ts";

/** A line in a table of flags. */
export interface FlagLine {
  /** As they are written, the short one first. */
  readonly names: readonly string[];
  /** What stands behind it; empty for a flag without a value. */
  readonly value: string;
  /** Empty for none. */
  readonly fallback: string;
  readonly help: string;
}

/** Flags below one title; the title is empty where there is only one list. */
export interface FlagSection {
  readonly title: string;
  readonly lines: readonly FlagLine[];
}

/** What a page is about. */
export interface Subject {
  /** `container prune`. */
  readonly name: string;
  readonly summary: string;
  readonly usage: string;
  /** Other ways to write it. */
  readonly aliases: readonly string[];
  readonly about: string;
  readonly flags: readonly FlagSection[];
  readonly examples: readonly Example[];
  readonly exitCodes: readonly (readonly [code: string, meaning: string])[];
  /** Names of other subjects. */
  readonly seeAlso: readonly string[];
}

const worked = ["0", "it worked"] as const;
const failed = ["1", "it did not work; the reason is on standard error"] as const;
const mistyped = ["125", "the command line is wrong"] as const;

/** A command of the list as the subject of a page. */
export function commandSubject(entry: CommandEntry, command: Command): Subject {
  const [name = "", ...aliases] = entry.names;
  return {
    name,
    summary: entry.summary,
    usage: command.usage,
    aliases,
    about: command.about ?? "",
    flags: sectionsOf([...command.flags, helpFlag]),
    examples: command.examples,
    exitCodes: exitCodesOf(command.exitCodes ?? []),
    seeAlso: command.seeAlso ?? [],
  };
}

/** `berth daemon`, which has a grammar of its own. */
export function daemonSubject(): Subject {
  const sections = optionGroups.map((title) => ({
    title,
    lines: optionTable.flatMap((row): FlagLine[] => {
      if (row.group !== title || row.flag === null) return [];
      const names = [...(row.short === undefined ? [] : [`-${row.short}`]), `--${row.flag}`];
      const help = row.inert === true ? `${row.help} (accepted, without effect)` : row.help;
      return [{ names, value: row.kind === "bool" ? "" : row.kind, fallback: optionDefault(row), help }];
    }),
  }));
  return {
    name: "daemon",
    summary: "Run the engine",
    usage: "[OPTIONS]",
    aliases: [],
    about: aboutDaemon(),
    flags: sections,
    examples: daemonExamples,
    exitCodes: [worked, failed],
    seeAlso: ["info", "version"],
  };
}

/** Flags in the order of the help: below the titles of their groups, by name, hidden ones left out. */
export function sectionsOf(flags: readonly Flag[]): FlagSection[] {
  const shown = flags.filter((flag) => flag.hidden !== true).sort((left, right) => (left.name < right.name ? -1 : 1));
  const titles = [...new Set(flags.map((flag) => flag.group))].sort(
    (left, right) => Number(left === undefined) - Number(right === undefined),
  );
  const grouped = titles.some((title) => title !== undefined);
  return titles
    .map((title) => ({ title: title ?? (grouped ? "Other" : ""), lines: shown.filter((flag) => flag.group === title).map(lineOf) }))
    .filter(({ lines }) => lines.length > 0);
}

function lineOf(flag: Flag): FlagLine {
  return {
    names: [...(flag.short === undefined ? [] : [`-${flag.short}`]), `--${flag.name}`],
    value: flag.type === "list" ? `${flagValueName(flag)} …`.replace("list …", "string …") : flagValueName(flag),
    fallback: flagDefault(flag),
    help: flag.help,
  };
}

/** What every command may end with, and what this one says of itself. */
function exitCodesOf(own: readonly (readonly [string, string])[]): (readonly [string, string])[] {
  const codes = new Set(own.map(([code]) => code));
  const common = [worked, failed, mistyped].filter(([code]) => !codes.has(code) && !(code === "1" && codes.has("other")));
  const rank = (code: string): number => (/^\d+$/.test(code) ? Number(code) : Number.MAX_SAFE_INTEGER);
  return [...common, ...own].sort(([left], [right]) => rank(left) - rank(right));
}
