import { fail } from "@berth/base";

/**
 * Splits an instruction's arguments at blanks, as Docker does for ENV and LABEL: quotes hold words together and stay in
 * them, a backslash takes the next character's meaning (not inside single quotes).
 */
export function splitWords(text: string): string[] {
  const words: string[] = [];
  let word = "";
  let started = false;
  let quote = "";
  for (let at = 0; at < text.length; at++) {
    const character = text[at] ?? "";
    if (quote === "" && /\s/.test(character)) {
      if (started) words.push(word);
      word = "";
      started = false;
      continue;
    }
    started = true;
    if (character === "\\" && quote !== "'") {
      if (at + 1 === text.length) continue;
      word += character + (text[++at] ?? "");
      continue;
    }
    if (quote === "") quote = character === "'" || character === '"' ? character : "";
    else if (character === quote) quote = "";
    word += character;
  }
  if (started && word !== "") words.push(word);
  return words;
}

/** `NAME value with blanks` or `A=1 B="2 3"`. @throws invalid in Docker's words */
export function parsePairs(instruction: string, text: string): [name: string, value: string][] {
  const words = splitWords(text);
  const [first] = words;
  if (first === undefined) throw fail("invalid", `${instruction} requires at least one argument`);
  const pairs: [string, string][] = [];
  if (!first.includes("=")) {
    const match = /^(\S+)\s+(.+)$/s.exec(text.trim());
    if (match === null) throw fail("invalid", `${instruction} must have two arguments`);
    pairs.push([match[1] ?? "", match[2] ?? ""]);
  } else {
    for (const word of words) {
      const equals = word.indexOf("=");
      if (equals < 0) {
        throw fail("invalid", `Syntax error - can't find = in ${JSON.stringify(word)}. Must be of the form: name=value`);
      }
      pairs.push([word.slice(0, equals), word.slice(equals + 1)]);
    }
  }
  if (pairs.some(([name]) => name === "")) throw fail("invalid", `${instruction} names can not be blank`);
  return pairs;
}

/** A JSON list of strings; null when the text is no JSON list. @throws invalid when it holds something else */
export function parseJsonWords(text: string): string[] | null {
  if (!text.trimStart().startsWith("[")) return null;
  let parsed: unknown;
  try {
    parsed = JSON.parse(text);
  } catch {
    return null;
  }
  if (!Array.isArray(parsed)) return null;
  const words: string[] = [];
  for (const item of parsed) {
    if (typeof item !== "string") throw fail("invalid", "when using JSON array syntax, arrays must be comprised of strings only");
    words.push(item);
  }
  return words;
}
