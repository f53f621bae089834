import { fail, messageOf } from "@berth/base";

/**
 * Takes quotes off a word and puts variables in, as Docker's builder does: `$NAME`, `${NAME}`, `${NAME:-default}`,
 * `${NAME:+other}`, nothing inside single quotes, a backslash keeps the next character.
 * @throws invalid for an unfinished quote or brace and for modifiers that are not known
 */
export function expandWord(word: string, environment: ReadonlyMap<string, string>): string {
  try {
    return new Scanner(word, environment).until("");
  } catch (error) {
    throw fail("invalid", `failed to process ${JSON.stringify(word)}: ${messageOf(error)}`, error);
  }
}

class Scanner {
  readonly #text: string;
  readonly #environment: ReadonlyMap<string, string>;
  #at = 0;

  constructor(text: string, environment: ReadonlyMap<string, string>) {
    this.#text = text;
    this.#environment = environment;
  }

  /** Reads up to a closing character, which is taken too; "" is the end of the text. */
  until(close: string): string {
    let out = "";
    for (;;) {
      const character = this.#next();
      if (character === "") {
        if (close !== "") throw fail("invalid", "unexpected end of statement while looking for matching }");
        return out;
      }
      if (character === close) return out;
      if (character === "'") out += this.#single();
      else if (character === '"') out += this.#double();
      else if (character === "\\") out += this.#next();
      else if (character === "$") out += this.#variable();
      else out += character;
    }
  }

  #next(): string {
    return this.#text[this.#at++] ?? "";
  }

  #single(): string {
    const end = this.#text.indexOf("'", this.#at);
    if (end < 0) throw unfinished("single-quote");
    const inner = this.#text.slice(this.#at, end);
    this.#at = end + 1;
    return inner;
  }

  #double(): string {
    let out = "";
    for (;;) {
      const character = this.#next();
      if (character === "") throw unfinished("double-quote");
      if (character === '"') return out;
      if (character === "$") out += this.#variable();
      else if (character === "\\") {
        const escaped = this.#next();
        if (escaped === "") throw unfinished("double-quote");
        out += '"$\\'.includes(escaped) ? escaped : `\\${escaped}`;
      } else out += character;
    }
  }

  #variable(): string {
    if (this.#text[this.#at] !== "{") {
      const name = this.#name();
      return name === "" ? "$" : (this.#environment.get(name) ?? "");
    }
    this.#at++;
    const name = this.#name();
    if (name === "") throw fail("invalid", "bad substitution");
    const character = this.#next();
    const value = this.#environment.get(name) ?? "";
    if (character === "}") return value;
    if (character !== ":") throw fail("invalid", "missing ':' in substitution");
    const modifier = this.#next();
    const word = this.until("}");
    if (modifier === "-") return value === "" ? word : value;
    if (modifier === "+") return value === "" ? "" : word;
    if (modifier === "?") {
      if (this.#environment.has(name) && value !== "") return value;
      throw fail("invalid", `${name}: ${word === "" ? "is not allowed to be unset or empty" : word}`);
    }
    throw fail("invalid", `unsupported modifier (${modifier}) in substitution`);
  }

  #name(): string {
    const match = /^(?:[A-Za-z_][A-Za-z0-9_]*|[0-9]+|[@*#])/.exec(this.#text.slice(this.#at));
    const name = match?.[0] ?? "";
    this.#at += name.length;
    return name;
  }
}

function unfinished(quote: string): Error {
  return fail("invalid", `unexpected end of statement while looking for matching ${quote}`);
}
