import type { Flag } from "../args/flag.ts";

/** Words before the cursor, taken apart without complaints. */
export interface ReadLine {
  /** What is no flag and no flag's value. */
  readonly args: readonly string[];
  /** Names of the flags that were given. */
  readonly used: ReadonlySet<string>;
  /** The flag whose value comes next. */
  readonly pending: Flag | undefined;
  /** Whether a flag may stand next. */
  readonly flagsAllowed: boolean;
  /** How many words stand before the first argument. */
  readonly flagWords: number;
}

/** Takes words apart with the grammar of {@link parseArgs}; what is wrong in them is passed over, as the line is not finished. */
export function readLine(flags: readonly Flag[], words: readonly string[], interspersed: boolean): ReadLine {
  const args: string[] = [];
  const used = new Set<string>();
  let pending: Flag | undefined;
  let flagsAllowed = true;
  let flagWords = 0;
  for (const word of words) {
    if (args.length === 0) flagWords++;
    if (pending !== undefined) {
      pending = undefined;
    } else if (flagsAllowed && word === "--") {
      flagsAllowed = false;
    } else if (flagsAllowed && word.startsWith("-") && word !== "-") {
      const found = word.startsWith("--") ? longFlag(flags, word) : shortFlags(flags, word);
      for (const flag of found.flags) used.add(flag.name);
      pending = found.pending;
    } else {
      if (args.length === 0) flagWords--;
      args.push(word);
      if (!interspersed) flagsAllowed = false;
    }
  }
  return { args, used, pending, flagsAllowed, flagWords };
}

interface FoundFlags {
  readonly flags: readonly Flag[];
  readonly pending: Flag | undefined;
}

function longFlag(flags: readonly Flag[], word: string): FoundFlags {
  const [name = ""] = word.slice(2).split("=", 1);
  const flag = flags.find((candidate) => candidate.name === name || candidate.aliases?.includes(name));
  if (flag === undefined) return { flags: [], pending: undefined };
  return { flags: [flag], pending: flag.type === "bool" || word.includes("=") ? undefined : flag };
}

function shortFlags(flags: readonly Flag[], word: string): FoundFlags {
  const found: Flag[] = [];
  for (let at = 1; at < word.length; at++) {
    const flag = flags.find(({ short }) => short === word.charAt(at));
    if (flag === undefined) break;
    found.push(flag);
    // The rest of the word is its value, if there is any.
    if (flag.type !== "bool") return { flags: found, pending: at + 1 === word.length ? flag : undefined };
  }
  return { flags: found, pending: undefined };
}
