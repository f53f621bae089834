import { readFileSync } from "node:fs";
import path from "node:path";

/** A command of the docker CLI. */
export interface DockerCommand {
  /** How people write it: `ps`, `container prune`. */
  readonly name: string;
  /** Every way to write it. */
  readonly names: readonly string[];
  /** Flags by their long names. */
  readonly flags: ReadonlyMap<string, DockerFlag>;
}

/** A flag of the docker CLI. */
export interface DockerFlag {
  readonly type: string;
  readonly short: string | undefined;
}

/** Which docker CLI the list was read from. */
export const dockerCliVersion = "28.2.2";

/** Flags that the helps do not show: older names, by command. */
const olderNames: Readonly<Record<string, string>> = {
  net: "network",
  "net-alias": "network-alias",
  "dns-opt": "dns-option",
  time: "timeout",
};

/** Every command, in the order of their names; the first has no name and holds the flags before a command. */
export function readDockerCommands(): readonly DockerCommand[] {
  const text = readFileSync(path.join(import.meta.dir, `docker-${dockerCliVersion}.txt`), "utf8");
  return text
    .split("\n")
    .filter((line) => line !== "" && !line.startsWith("#"))
    .map((line) => {
      const at = line.indexOf(":");
      const names = line.slice(0, at).split(", ");
      const flags = line
        .slice(at + 1)
        .split(";")
        .map((flag) => flag.trim().split(" "))
        .filter(([name]) => name !== "")
        .map(([name = "", type = "bool", short]): [string, DockerFlag] => [name, { type, short: short?.slice(1) }]);
      return { name: names.find((name) => !name.includes(" ")) ?? names[0] ?? "", names, flags: new Map(flags) };
    });
}

/** What a command line uses: its command, and `command --flag` for each flag. Empty when it is no command of docker's. */
export function itemsOfCommandLine(commands: readonly DockerCommand[], words: readonly string[]): string[] {
  const globals = commands.find(({ name }) => name === "");
  if (globals === undefined) return [];
  const before = readFlags(globals, words, false);
  const rest = words.slice(before.end);
  if (rest.length === 0) return before.flags.map((flag) => `--${flag}`);
  for (const count of [3, 2, 1]) {
    const command = commands.find(({ names }) => names.includes(rest.slice(0, count).join(" ")));
    if (command === undefined || command.name === "") continue;
    // What follows the image or container of these is the container's own command line.
    const interspersed = !["run", "create", "exec", "top"].includes(command.name);
    const { flags } = readFlags(command, rest.slice(count), interspersed);
    return [command.name, ...before.flags.map((flag) => `--${flag}`), ...flags.map((flag) => `${command.name} --${flag}`)];
  }
  return [];
}

function readFlags(command: DockerCommand, words: readonly string[], interspersed: boolean): { flags: string[]; end: number } {
  const flags = new Set<string>();
  let at = 0;
  for (; at < words.length; at++) {
    const word = words[at] ?? "";
    if (word === "--") break;
    if (!word.startsWith("-") || word === "-") {
      if (interspersed) continue;
      break;
    }
    const found = word.startsWith("--") ? longFlag(command, word) : shortFlags(command, word);
    for (const flag of found.names) flags.add(flag);
    if (found.takesNext) at++;
  }
  return { flags: [...flags], end: at };
}

interface Found {
  readonly names: readonly string[];
  readonly takesNext: boolean;
}

function longFlag(command: DockerCommand, word: string): Found {
  const [written = ""] = word.slice(2).split("=", 1);
  const name = command.flags.has(written) ? written : (olderNames[written] ?? written);
  const flag = command.flags.get(name);
  if (flag === undefined) return { names: [], takesNext: false };
  return { names: [name], takesNext: flag.type !== "bool" && !word.includes("=") };
}

function shortFlags(command: DockerCommand, word: string): Found {
  const names: string[] = [];
  for (let at = 1; at < word.length; at++) {
    const entry = [...command.flags].find(([, flag]) => flag.short === word[at]);
    if (entry === undefined) break;
    names.push(entry[0]);
    if (entry[1].type !== "bool") return { names, takesNext: at === word.length - 1 };
  }
  return { names, takesNext: false };
}
