import { fail } from "@berth/base";
import type { OptionRow, OptionValue, OptionValues } from "./option.ts";
import { optionTable } from "./table.ts";
import { addValue, readValue } from "./value.ts";

/** What the command line said. */
export interface ParsedFlags {
  readonly values: OptionValues;
  readonly help: boolean;
}

/**
 * Parses the command line of `berth daemon`: `--flag=value`, `--flag value`, `-f value`, `-fvalue`; flags that are given again add to
 * lists and win otherwise.
 * @throws invalid naming the flag
 */
export function parseFlags(words: readonly string[]): ParsedFlags {
  const values = new Map<OptionRow, OptionValue>();
  let help = false;
  for (let index = 0; index < words.length; index++) {
    const word = words[index] ?? "";
    if (word === "--help" || word === "-h") {
      help = true;
      continue;
    }
    const { row, shown, attached } = splitWord(word);
    let text = attached;
    if (text === null && row.kind === "bool") text = "true";
    if (text === null) {
      index++;
      text = words[index] ?? null;
      if (text === null) throw fail("invalid", `flag needs an argument: ${shown}`);
    }
    addValue(values, row, readValue(row, text, `invalid argument ${JSON.stringify(text)} for "${shown}" flag`));
  }
  return { values, help };
}

function splitWord(word: string): { readonly row: OptionRow; readonly shown: string; readonly attached: string | null } {
  if (word.startsWith("--")) {
    const equals = word.indexOf("=");
    const name = equals < 0 ? word.slice(2) : word.slice(2, equals);
    const row = optionTable.find((entry) => entry.flag === name);
    if (row === undefined) throw fail("invalid", `unknown flag: --${name}`);
    return { row, shown: `--${name}`, attached: equals < 0 ? null : word.slice(equals + 1) };
  }
  if (!word.startsWith("-") || word.length < 2) throw fail("invalid", `"berth daemon" takes no arguments: ${word}`);
  const letter = word.charAt(1);
  const row = optionTable.find((entry) => entry.short === letter);
  if (row === undefined) throw fail("invalid", `unknown shorthand flag: '${letter}' in ${word}`);
  const rest = word.slice(2);
  return { row, shown: `-${letter}, --${row.flag ?? ""}`, attached: rest === "" ? null : rest.replace(/^=/, "") };
}
