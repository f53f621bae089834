import type { Flag } from "./flag.ts";
import { UsageError } from "./flag.ts";
import { nearest } from "./nearest.ts";
import type { FlagValue } from "./value.ts";
import { flagLabel, readValue } from "./value.ts";

/** Where flags may stand. */
export interface ParseOptions {
  /** False: everything from the first argument on belongs to the container's command (`run`, `exec`). */
  readonly interspersed: boolean;
}

/** A command line taken apart. Asking for a flag that the command does not declare is a mistake in the command. */
export class Parsed {
  /** What is no flag, in order. */
  readonly args: readonly string[];
  readonly #flags: readonly Flag[];
  readonly #values: ReadonlyMap<string, FlagValue>;

  constructor(flags: readonly Flag[], values: ReadonlyMap<string, FlagValue>, args: readonly string[]) {
    this.#flags = flags;
    this.#values = values;
    this.args = args;
  }

  /** Whether the user gave the flag. */
  has(name: string): boolean {
    this.#flag(name);
    return this.#values.has(name);
  }

  bool(name: string): boolean {
    const value = this.#value(name);
    return value === true;
  }

  string(name: string): string {
    const value = this.#value(name);
    return typeof value === "string" ? value : "";
  }

  /** A number, a duration in nanoseconds or a size in bytes; 0 when not given. */
  number(name: string): number {
    const value = this.#value(name);
    return typeof value === "number" ? value : 0;
  }

  list(name: string): readonly string[] {
    const value = this.#value(name);
    return typeof value === "object" ? value : [];
  }

  /** The argument at `index`; the number of arguments was checked before the command ran. */
  arg(index: number): string {
    return this.args[index] ?? "";
  }

  #value(name: string): FlagValue | undefined {
    const flag = this.#flag(name);
    const value = this.#values.get(name);
    if (value !== undefined || flag.fallback === undefined) return value;
    return flag.type === "list" ? [] : readValue(flag, flag.fallback);
  }

  #flag(name: string): Flag {
    const flag = this.#flags.find((candidate) => candidate.name === name);
    if (flag === undefined) throw new TypeError(`the command declares no flag --${name}`);
    return flag;
  }
}

/**
 * Reads flags with the grammar docker has (pflag): `--flag value`, `--flag=value`, `-abc`, `-pVALUE`, `-p=VALUE`, `--`.
 * @throws {UsageError} naming the flag
 */
export function parseArgs(flags: readonly Flag[], argv: readonly string[], options: ParseOptions): Parsed {
  const values = new Map<string, FlagValue>();
  const args: string[] = [];
  const rest = [...argv];

  function set(flag: Flag, text: string): void {
    const value = readValue(flag, text);
    if (flag.type === "list") {
      const before = values.get(flag.name);
      values.set(flag.name, [...(typeof before === "object" ? before : []), String(value)]);
    } else {
      values.set(flag.name, value);
    }
  }

  for (let word = rest.shift(); word !== undefined; word = rest.shift()) {
    if (word === "--") {
      args.push(...rest);
      break;
    }
    if (!word.startsWith("-") || word === "-") {
      args.push(word);
      if (options.interspersed) continue;
      args.push(...rest);
      break;
    }
    if (word.startsWith("--")) readLong({ flags, word, rest, set });
    else readShort({ flags, word, rest, set });
  }
  return new Parsed(flags, values, args);
}

interface Reading {
  readonly flags: readonly Flag[];
  readonly word: string;
  readonly rest: string[];
  readonly set: (flag: Flag, text: string) => void;
}

function readLong({ flags, word, rest, set }: Reading): void {
  const equals = word.indexOf("=");
  const name = word.slice(2, equals === -1 ? undefined : equals);
  if (name === "" || name.startsWith("-")) throw new UsageError(`bad flag syntax: ${word}`);
  const flag = flags.find((candidate) => candidate.name === name || candidate.aliases?.includes(name));
  if (flag === undefined) {
    const known = nearest(
      name,
      flags.filter((candidate) => candidate.hidden !== true).map((candidate) => candidate.name),
    );
    throw new UsageError(`unknown flag: --${name}`, known === undefined ? undefined : `Did you mean --${known}?`);
  }
  if (equals !== -1) set(flag, word.slice(equals + 1));
  else if (flag.type === "bool") set(flag, "true");
  else {
    const value = rest.shift();
    if (value === undefined) throw new UsageError(`flag needs an argument: --${name}`);
    set(flag, value);
  }
}

function readShort({ flags, word, rest, set }: Reading): void {
  for (let at = 1; at < word.length; at++) {
    const letter = word.charAt(at);
    const flag = flags.find((candidate) => candidate.short === letter);
    if (flag === undefined) throw new UsageError(`unknown shorthand flag: '${letter}' in ${word}`);
    const after = word.slice(at + 1);
    if (after.startsWith("=") && after.length > 1) return set(flag, after.slice(1));
    if (flag.type === "bool") {
      set(flag, "true");
      continue;
    }
    const value = after === "" ? rest.shift() : after;
    if (value === undefined) throw new UsageError(`flag needs an argument: '${letter}' in ${word} (${flagLabel(flag)})`);
    return set(flag, value);
  }
}
