/** The text is no pattern that is understood. */
export class PatternError extends Error {
  constructor(message: string) {
    super(`error parsing regexp: ${message}`);
    this.name = "PatternError";
  }
}

/** Whether one code point is meant. */
export type CharacterTest = (code: number) => boolean;

/** A parsed pattern. */
export type PatternNode =
  | { readonly kind: "character"; readonly test: CharacterTest }
  | { readonly kind: "sequence"; readonly nodes: readonly PatternNode[] }
  | { readonly kind: "choice"; readonly nodes: readonly PatternNode[] }
  | { readonly kind: "repeat"; readonly node: PatternNode; readonly least: number; readonly most: number }
  | { readonly kind: "assert"; readonly what: "start" | "end" | "boundary" | "no-boundary" };

const deepest = 200;
/** Go's bound for counted repetition. */
const mostRepeats = 1000;

const digit: CharacterTest = (code) => code >= 48 && code <= 57;
const space: CharacterTest = (code) => code === 32 || (code >= 9 && code <= 13 && code !== 11);
/** `\w`: an ASCII letter, a digit or an underscore. */
export const isWord: CharacterTest = (code) => digit(code) || (code >= 65 && code <= 90) || (code >= 97 && code <= 122) || code === 95;
const not =
  (test: CharacterTest): CharacterTest =>
  (code) =>
    !test(code);
const classes: Readonly<Record<string, CharacterTest>> = { d: digit, D: not(digit), s: space, S: not(space), w: isWord, W: not(isWord) };
const controls: Readonly<Record<string, number>> = { t: 9, n: 10, v: 11, f: 12, r: 13, a: 7 };

/**
 * Parses the subset of Go's regular expressions (RE2 syntax) that can be matched in linear time by simple means:
 * literals, `.`, classes, groups, `|`, `*`, `+`, `?`, `{m,n}` and their lazy forms, `^`, `$`, `\b`, `\d`, `\s`, `\w`.
 * @throws PatternError
 */
export function parsePattern(source: string): PatternNode {
  const parser = new Parser(source);
  const node = parser.choice(0);
  if (!parser.atEnd) throw new PatternError(`unexpected ): \`${source}\``);
  return node;
}

class Parser {
  readonly #text: readonly string[];
  #at = 0;

  constructor(source: string) {
    this.#text = Array.from(source);
  }

  get atEnd(): boolean {
    return this.#at >= this.#text.length;
  }

  choice(depth: number): PatternNode {
    if (depth > deepest) throw new PatternError("expression nests too deeply");
    const nodes = [this.#sequence(depth)];
    while (this.#take("|")) nodes.push(this.#sequence(depth));
    return nodes.length === 1 && nodes[0] !== undefined ? nodes[0] : { kind: "choice", nodes };
  }

  #take(character: string): boolean {
    if (this.#text[this.#at] !== character) return false;
    this.#at++;
    return true;
  }

  #next(what: string): string {
    const character = this.#text[this.#at++];
    if (character === undefined) throw new PatternError(`missing ${what}`);
    return character;
  }

  #sequence(depth: number): PatternNode {
    const nodes: PatternNode[] = [];
    while (!this.atEnd && this.#text[this.#at] !== "|" && this.#text[this.#at] !== ")") nodes.push(this.#repeated(this.#atom(depth)));
    return { kind: "sequence", nodes };
  }

  #repeated(node: PatternNode): PatternNode {
    const bounds = this.#bounds();
    if (bounds === null) return node;
    // Lazy or not is the same to whoever only asks whether there is a match.
    this.#take("?");
    if (this.#bounds() !== null) throw new PatternError("invalid nested repetition operator");
    return { kind: "repeat", node, least: bounds[0], most: bounds[1] };
  }

  #bounds(): readonly [number, number] | null {
    if (this.#take("*")) return [0, Number.POSITIVE_INFINITY];
    if (this.#take("+")) return [1, Number.POSITIVE_INFINITY];
    if (this.#take("?")) return [0, 1];
    const counted = /^\{(\d{1,4})(?:(,)(\d{0,4}))?\}/.exec(this.#text.slice(this.#at, this.#at + 12).join(""));
    if (counted === null) return null;
    this.#at += counted[0].length;
    const least = Number(counted[1]);
    const most = counted[2] === undefined ? least : counted[3] === "" ? Number.POSITIVE_INFINITY : Number(counted[3]);
    if (least > mostRepeats || (most > mostRepeats && most !== Number.POSITIVE_INFINITY) || most < least) {
      throw new PatternError(`invalid repeat count: \`${counted[0]}\``);
    }
    return [least, most];
  }

  #atom(depth: number): PatternNode {
    const character = this.#next("character");
    switch (character) {
      case "(": {
        if (this.#take("?") && !this.#take(":")) throw new PatternError("invalid or unsupported Perl syntax");
        const node = this.choice(depth + 1);
        if (!this.#take(")")) throw new PatternError("missing closing )");
        return node;
      }
      case "*":
      case "+":
      case "?":
        throw new PatternError(`missing argument to repetition operator: \`${character}\``);
      case ".":
        return { kind: "character", test: (code) => code !== 10 };
      case "^":
        return { kind: "assert", what: "start" };
      case "$":
        return { kind: "assert", what: "end" };
      case "[":
        return { kind: "character", test: this.#set() };
      case "\\":
        return this.#escape();
      default:
        return literal(character);
    }
  }

  #escape(): PatternNode {
    const character = this.#next("argument to backslash");
    if (character === "A") return { kind: "assert", what: "start" };
    if (character === "z") return { kind: "assert", what: "end" };
    if (character === "b") return { kind: "assert", what: "boundary" };
    if (character === "B") return { kind: "assert", what: "no-boundary" };
    return { kind: "character", test: escaped(character) };
  }

  #set(): CharacterTest {
    const negated = this.#take("^");
    const tests: CharacterTest[] = [];
    for (let first = true; first || this.#text[this.#at] !== "]"; first = false) {
      const character = this.#next("closing ]");
      if (character === "\\" && classes[this.#text[this.#at] ?? ""] !== undefined) {
        tests.push(escaped(this.#next("closing ]")));
        continue;
      }
      const from = this.#member(character);
      let to = from;
      if (this.#text[this.#at] === "-" && this.#text[this.#at + 1] !== "]") {
        this.#at++;
        to = this.#member(this.#next("closing ]"));
      }
      if (to < from) throw new PatternError("invalid character class range");
      tests.push((code) => code >= from && code <= to);
    }
    this.#at++;
    return (code) => tests.some((test) => test(code)) !== negated;
  }

  #member(character: string): number {
    if (character !== "\\") return codeOf(character);
    const after = this.#next("closing ]");
    if (/[a-zA-Z0-9]/.test(after) && controls[after] === undefined) throw new PatternError(`invalid escape sequence: \`\\${after}\``);
    return controls[after] ?? codeOf(after);
  }
}

function escaped(character: string): CharacterTest {
  const known = classes[character];
  if (known !== undefined) return known;
  const control = controls[character];
  if (control === undefined && /[a-zA-Z0-9]/.test(character)) throw new PatternError(`invalid escape sequence: \`\\${character}\``);
  const wanted = control ?? codeOf(character);
  return (code) => code === wanted;
}

function literal(character: string): PatternNode {
  const wanted = codeOf(character);
  return { kind: "character", test: (code) => code === wanted };
}

function codeOf(character: string): number {
  return character.codePointAt(0) ?? 0;
}
