import type { HelpRow } from "../help-text/columns.ts";
import { twoColumns } from "../help-text/columns.ts";
import type { Example } from "../help-text/example.ts";
import { exampleSection } from "../help-text/example.ts";
import { commandHelp, flagHelp } from "./args/help.ts";
import { nearest } from "./args/nearest.ts";
import type { Command } from "./command.ts";
import type { CommandEntry } from "./commands.ts";
import { commands, findCommand, groups } from "./commands.ts";
import type { Output } from "./context/output.ts";
import { globalFlags, helpFlag } from "./globals.ts";

/** `berth help [COMMAND]`. */
export async function showHelp(words: readonly string[], stdout: Output, stderr: Output): Promise<number> {
  if (words.length === 0) {
    await stdout.write(overview(columnsOf(stdout)));
    return 0;
  }
  const found = findCommand(words);
  if (found === undefined) return showGroupOrUnknown(words, stdout, stderr);
  const { command } = await found.entry.load();
  return showCommandHelp({ ...found, command, stdout });
}

/** The help of one command. */
export async function showCommandHelp(what: { entry: CommandEntry; name: string; command: Command; stdout: Output }): Promise<number> {
  const { entry, name, command, stdout } = what;
  const help = commandHelp(
    {
      name: `berth ${name}`,
      usage: command.usage,
      summary: entry.summary,
      ...(command.about === undefined ? {} : { about: command.about }),
      flags: [...command.flags, helpFlag],
      examples: command.examples,
      ...(command.exitCodes === undefined ? {} : { exitCodes: command.exitCodes }),
      ...(command.seeAlso === undefined ? {} : { seeAlso: command.seeAlso.map((other) => `berth ${other}`) }),
      aliases: entry.names.map((alias) => `berth ${alias}`),
    },
    columnsOf(stdout),
  );
  await stdout.write(help);
  return 0;
}

/** Words that are no command: a group's own help, or what the user may have meant. */
export async function showGroupOrUnknown(words: readonly string[], stdout: Output, stderr: Output): Promise<number> {
  const [group = "", second] = words;
  if (Object.hasOwn(groups, group) && (second === undefined || second === "--help" || second === "-h")) {
    await stdout.write(groupHelp(group, columnsOf(stdout)));
    return 0;
  }
  const inGroup = Object.hasOwn(groups, group) && second !== undefined;
  const unknown = inGroup ? `${group} ${second}` : group;
  const known = commands.flatMap((command) => command.names).filter((name) => name.includes(" ") === inGroup);
  const likely = nearest(unknown, inGroup ? known : [...known, ...Object.keys(groups)]);
  const lines = [`berth: unknown command: berth ${unknown}`];
  if (likely !== undefined) lines.push(`Did you mean 'berth ${likely}'?`);
  await stderr.write(`${lines.join("\n")}\n\nHelp: berth ${inGroup ? `${group} ` : ""}--help\n`);
  return 1;
}

const titles: readonly (readonly [CommandEntry["group"], string])[] = [
  ["common", "Common Commands"],
  ["container", "Container Commands"],
  ["image", "Image Commands"],
  ["system", "System Commands"],
];

/** A first round. */
export const overviewExamples: readonly Example[] = [
  { line: "berth image bootstrap busybox", does: "An image to start with" },
  { line: "berth run --rm -it busybox sh", does: "A shell in a new container" },
  { line: "berth run -d --name web -p 8080:80 busybox httpd -f", does: "A server in the background" },
  { line: "berth logs web", does: "What it has written; with -f also what is still to come" },
  { line: "berth enter web", does: "Look inside" },
  { line: "berth rm -f web", does: "End and delete it" },
];

function overview(columns: number): string {
  const parts = ["Usage:  berth [OPTIONS] COMMAND", "Runs containers. Docker's own clients work with it too: it speaks their API."];
  for (const [group, title] of titles) {
    const rows = commands
      .filter((command) => command.group === group)
      .map((command): [string, string] => [command.names[0] ?? "", command.summary]);
    if (group === "common") rows.push(["daemon", "Run the engine"]);
    parts.push(`${title}:\n${twoColumns(indented(rows), columns)}`);
  }
  parts.push(`Command Groups:\n${twoColumns(indented(Object.entries(groups)), columns)}`);
  parts.push(`Global Options:\n${flagHelp(globalFlags, columns)}`);
  parts.push(exampleSection(overviewExamples));
  parts.push("Flags and examples of a command: berth COMMAND --help");
  return `${parts.join("\n\n")}\n`;
}

function groupHelp(group: string, columns: number): string {
  const rows = commands.flatMap((command): [string, string][] => {
    const name = command.names.find((candidate) => candidate.startsWith(`${group} `));
    return name === undefined ? [] : [[name.slice(group.length + 1), command.summary]];
  });
  rows.sort(([left], [right]) => (left < right ? -1 : 1));
  const end = `Flags and examples of a command: berth ${group} COMMAND --help`;
  return `Usage:  berth ${group} COMMAND\n\n${groups[group] ?? ""}\n\nCommands:\n${twoColumns(indented(rows), columns)}\n\n${end}\n`;
}

function indented(rows: readonly HelpRow[]): HelpRow[] {
  const width = Math.max(...rows.map(([name]) => name.length));
  return rows.map(([name, summary]): HelpRow => [`  ${name.padEnd(width)} `, summary]);
}

function columnsOf(stdout: Output): number {
  return stdout.size()?.columns ?? 80;
}
