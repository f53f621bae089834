import { Connection, openTransport } from "@berth/client";
import type { Flag, ValueKind } from "../args/flag.ts";
import { parseArgs } from "../args/parse.ts";
import { commands, findCommand, groups } from "../commands.ts";
import { configDirectory, readConfig } from "../context/config.ts";
import { chooseContext, endpointOf } from "../context/host.ts";
import { startProgram } from "../context/start-program.ts";
import { globalFlags, helpFlag } from "../globals.ts";
import type { Answer, Candidate, Directive } from "./candidate.ts";
import { answerText } from "./candidate.ts";
import { readLine } from "./line.ts";
import { namesOf, type NameSources } from "./names.ts";
import { kindsAt } from "./slots.ts";

/** A shell waits with its prompt: what has not answered by then counts as away. */
const timeoutMs = 1500;

/**
 * `berth __complete WORD...`: what may stand in the place of the last word, for the scripts of `berth completion`. Never an error: a shell
 * has no place to show one.
 */
export async function complete(words: readonly string[]): Promise<string> {
  const word = words.at(-1) ?? "";
  try {
    return await answer(words.slice(0, -1), word);
  } catch {
    return answerText({ candidates: [], directives: [] }, word);
  }
}

async function answer(before: readonly string[], word: string): Promise<string> {
  const outer = readLine(globalFlags, before, false);
  // A flag that still lacks its value says nothing of the engine.
  const globals = before.slice(0, outer.pending === undefined ? outer.flagWords : -1);
  if (outer.pending !== undefined) return values(globals, outer.pending, word);
  if (outer.args.length === 0 && word.startsWith("-")) return flags(globals, globalFlags, outer.used, word);
  if (outer.args[0] === "daemon" && globals.length === 0) return daemonFlags(outer.args.slice(1), word);
  const helped = outer.args[0] === "help" ? outer.args.slice(1) : outer.args;
  const found = findCommand(helped);
  if (outer.args[0] === "help") return answerText({ candidates: commandNames(helped), directives: [] }, word);
  if (found === undefined) return answerText({ candidates: commandNames(outer.args), directives: [] }, word);
  const { command } = await found.entry.load();
  const all = [...command.flags, helpFlag];
  const line = readLine(all, found.rest, command.interspersed ?? true);
  if (line.pending !== undefined) return values(globals, line.pending, word);
  if (line.flagsAllowed && word.startsWith("-")) return flags(globals, all, line.used, word);
  const below = line.args.length === 0 && line.used.size === 0 ? commandNames(found.name.split(" ")) : [];
  return names(globals, kindsAt(command, line.args.length), { word, prefix: "", more: below });
}

/** Names of commands and groups that go on from these words. */
function commandNames(words: readonly string[]): Candidate[] {
  const start = words.map((word) => `${word} `).join("");
  // Of several names only the first is offered; the others are for fingers that know them.
  const found = commands.flatMap(({ names: all, summary }): Candidate[] => {
    const name = all.find((each) => each.startsWith(start) && (start !== "" || !each.includes(" ")));
    return name === undefined ? [] : [{ value: name.slice(start.length).split(" ", 1)[0] ?? "", description: summary }];
  });
  if (start !== "") return found;
  const more = Object.entries(groups).map(([value, description]) => ({ value, description }));
  return [...found, ...more, { value: "daemon", description: "Run the engine" }, { value: "help", description: "Show help" }];
}

/** `berth daemon` is no call of an engine and has a table of its own. */
async function daemonFlags(before: readonly string[], word: string): Promise<string> {
  const { optionTable } = await import("../../daemon/options/table.ts");
  const all = optionTable.flatMap(({ flag, short, kind, help }): Flag[] => {
    if (flag === null) return [];
    const type = kind === "list" || kind === "map" ? "list" : kind === "bool" ? "bool" : "string";
    const holdsPath = /file$|^tls(cacert|cert|key)$|^containerd$/.test(flag);
    const path = flag.endsWith("-root") ? { values: "folder" as const } : holdsPath ? { values: "file" as const } : {};
    return [{ name: flag, type, help, ...(short === undefined ? {} : { short }), ...path }];
  });
  const line = readLine(all, before, true);
  if (line.pending !== undefined) return values([], line.pending, word);
  return flags([], all, line.used, word);
}

/** Flags that can still be given, or the values of one that is written `--flag=`. */
function flags(globals: readonly string[], all: readonly Flag[], used: ReadonlySet<string>, word: string): Promise<string> | string {
  const [, name, value] = /^--([^=]+)=(.*)$/s.exec(word) ?? [];
  if (name !== undefined && value !== undefined) {
    const flag = all.find((candidate) => candidate.name === name || candidate.aliases?.includes(name));
    return flag === undefined ? answerText({ candidates: [], directives: [] }, word) : values(globals, flag, value, `--${name}=`);
  }
  const open = all.filter((flag) => flag.hidden !== true && (flag.type === "list" || !used.has(flag.name)));
  const long = open.map((flag) => ({ value: `--${flag.name}`, description: flag.help }));
  const short =
    word === "-" ? open.flatMap((flag) => (flag.short === undefined ? [] : [{ value: `-${flag.short}`, description: flag.help }])) : [];
  return answerText({ candidates: [...long, ...short], directives: [] }, word);
}

function values(globals: readonly string[], flag: Flag, word: string, prefix = ""): Promise<string> {
  const kind: ValueKind | undefined = flag.type === "bool" ? ["true", "false"] : flag.values;
  return names(globals, kind === undefined ? [] : [kind], { word, prefix, more: [] });
}

async function names(
  globals: readonly string[],
  kinds: readonly ValueKind[],
  { word, prefix, more }: { readonly word: string; readonly prefix: string; readonly more: readonly Candidate[] },
): Promise<string> {
  const sources = await openSources(globals, word);
  const found = await Promise.all(kinds.map((kind) => inTime(namesOf(kind, sources))));
  const candidates = [...more, ...found.flatMap((each) => [...each.candidates])];
  const directives: readonly Directive[] = [...new Set(found.flatMap((each) => each.directives))];
  const prefixed = candidates.map(({ value, ...rest }) => ({ ...rest, value: prefix + value }));
  return answerText({ candidates: prefixed, directives }, prefix + word);
}

async function inTime(asked: Promise<Answer>): Promise<Answer> {
  const nothing: Answer = { candidates: [], directives: [] };
  return Promise.race([asked.catch(() => nothing), Bun.sleep(timeoutMs).then(() => nothing)]);
}

async function openSources(words: readonly string[], word: string): Promise<NameSources> {
  const globals = parseArgs(globalFlags, words, { interspersed: false });
  const directory = configDirectory(globals.string("config"));
  const config = await readConfig(directory).catch(() => ({ directory }));
  return {
    config,
    word,
    engine: async () => {
      const { host, tls } = await endpointOf(chooseContext(globals, config), globals, config);
      return new Connection(openTransport(host, { tls, startProgram }), process.env["DOCKER_API_VERSION"] || undefined);
    },
  };
}
