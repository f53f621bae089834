import { fail } from "@berth/base";

/**
 * Takes quotes off a word and puts variables in, as Docker's builder does: `$NAME`, `${NAME}`, `${NAME:-default}`,
 * `${NAME:+other}`, nothing inside single quotes, a backslash keeps the next character.
 * @throws invalid for an unfinished quote or brace and for modifiers that are not known
 */
export function expandWord(word: string, environment: ReadonlyMap<string, string>): string {
  const scanner = new Scanner(word, environment);
  return scanner.until("");
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
        if (close !== "") throw this.#unfinished();
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
    if (end < 0) throw this.#unfinished();
    const inner = this.#text.slice(this.#at, end);
    this.#at = end + 1;
    return inner;
  }

  #double(): string {
    let out = "";
    for (;;) {
      const character = this.#next();
      if (character === "") throw this.#unfinished();
      if (character === '"') return out;
      if (character === "$") out += this.#variable();
      else if (character === "\\") {
        const escaped = this.#next();
        if (escaped === "") throw this.#unfinished();
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
    if (name === "") throw fail("invalid", "syntax error: bad substitution");
    const character = this.#next();
    const value = this.#environment.get(name) ?? "";
    if (character === "}") return value;
    if (character === "") throw fail("invalid", "syntax error: missing '}'");
    if (character !== ":") throw fail("invalid", "syntax error: missing ':' in substitution");
    const modifier = this.#next();
    const word = this.until("}");
    if (modifier === "-") return value === "" ? word : value;
    if (modifier === "+") return value === "" ? "" : word;
    throw fail("invalid", `unsupported modifier (${modifier}) in substitution`);
  }

  #name(): string {
    const match = /^(?:[A-Za-z_][A-Za-z0-9_]*|[0-9]+|[@*#])/.exec(this.#text.slice(this.#at));
    const name = match?.[0] ?? "";
    this.#at += name.length;
    return name;
  }

  #unfinished(): Error {
    return fail("invalid", `unexpected end of statement while looking for matching quote or brace in ${JSON.stringify(this.#text)}`);
  }
}
