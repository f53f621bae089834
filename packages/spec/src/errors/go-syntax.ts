/** The text is no JSON; the message says it in the words of Go's encoding/json, which clients and tests know. */
export class JsonSyntaxError extends Error {
  /** Where in the text, in UTF-16 units. */
  readonly offset: number;

  constructor(message: string, offset: number) {
    super(message);
    this.name = "JsonSyntaxError";
    this.offset = offset;
  }
}

/**
 * Parses one JSON value.
 * @throws JsonSyntaxError `EOF` for nothing at all, `unexpected EOF` for a cut value,
 * `invalid character 'x' looking for beginning of value` and its kin
 */
export function parseGoJson(text: string): unknown {
  if (/^[ \t\r\n]*$/.test(text)) throw new JsonSyntaxError("EOF", text.length);
  try {
    return JSON.parse(text);
  } catch {
    throw new Scanner(text).firstError();
  }
}

/** How deep values may be nested; Go's limit. Only texts that are no JSON are scanned. */
const maxDepth = 10_000;

/** Walks through a text that JSON.parse refused, to find what Go would have said. */
class Scanner {
  readonly #text: string;
  #at = 0;

  constructor(text: string) {
    this.#text = text;
  }

  firstError(): JsonSyntaxError {
    try {
      this.#value(0);
      this.#space();
      if (this.#at < this.#text.length) return new JsonSyntaxError(this.#unexpected("after top-level value"), this.#at);
    } catch (error) {
      if (error instanceof JsonSyntaxError) return error;
      throw error;
    }
    return new JsonSyntaxError("invalid character in JSON text", this.#at);
  }

  #unexpected(context: string): string {
    const character = this.#text.codePointAt(this.#at);
    if (character === undefined) return "unexpected EOF";
    return `invalid character ${quote(String.fromCodePoint(character))} ${context}`;
  }

  #refuse(context: string): never {
    throw new JsonSyntaxError(this.#unexpected(context), this.#at);
  }

  #space(): void {
    while (/[ \t\r\n]/.test(this.#text.charAt(this.#at))) this.#at++;
  }

  #value(depth: number): void {
    if (depth > maxDepth) throw new JsonSyntaxError("exceeded max depth", this.#at);
    this.#space();
    const first = this.#text.charAt(this.#at);
    if (first === "{") this.#object(depth);
    else if (first === "[") this.#array(depth);
    else if (first === '"') this.#string();
    else if (first === "-" || isDigit(first)) this.#number();
    else if (first === "t") this.#literal("true");
    else if (first === "f") this.#literal("false");
    else if (first === "n") this.#literal("null");
    else this.#refuse("looking for beginning of value");
  }

  #object(depth: number): void {
    this.#at++;
    this.#space();
    if (this.#take("}")) return;
    for (;;) {
      this.#space();
      if (this.#text.charAt(this.#at) !== '"') this.#refuse("looking for beginning of object key string");
      this.#string();
      this.#space();
      if (!this.#take(":")) this.#refuse("after object key");
      this.#value(depth + 1);
      this.#space();
      if (this.#take("}")) return;
      if (!this.#take(",")) this.#refuse("after object key:value pair");
    }
  }

  #array(depth: number): void {
    this.#at++;
    this.#space();
    if (this.#take("]")) return;
    for (;;) {
      this.#value(depth + 1);
      this.#space();
      if (this.#take("]")) return;
      if (!this.#take(",")) this.#refuse("after array element");
    }
  }

  #string(): void {
    this.#at++;
    while (this.#at < this.#text.length) {
      const character = this.#text.charAt(this.#at);
      if (character === '"') {
        this.#at++;
        return;
      }
      if (character < " ") this.#refuse("in string literal");
      this.#at++;
      if (character === "\\") this.#escape();
    }
    throw new JsonSyntaxError("unexpected EOF", this.#text.length);
  }

  #escape(): void {
    const kind = this.#text.charAt(this.#at);
    if (kind !== "u") {
      if (kind === "" || !'"\\/bfnrt'.includes(kind)) this.#refuse("in string escape code");
      this.#at++;
      return;
    }
    this.#at++;
    for (let index = 0; index < 4; index++, this.#at++) {
      if (!/[0-9a-fA-F]/.test(this.#text.charAt(this.#at))) this.#refuse("in \\u hexadecimal character escape");
    }
  }

  #number(): void {
    if (this.#take("-") && !isDigit(this.#text.charAt(this.#at))) this.#refuse("in numeric literal");
    if (!this.#take("0")) this.#digits();
    if (this.#take(".")) {
      if (!isDigit(this.#text.charAt(this.#at))) this.#refuse("after decimal point in numeric literal");
      this.#digits();
    }
    if (this.#take("e") || this.#take("E")) {
      if (!this.#take("+")) this.#take("-");
      if (!isDigit(this.#text.charAt(this.#at))) this.#refuse("in exponent of numeric literal");
      this.#digits();
    }
  }

  #digits(): void {
    while (isDigit(this.#text.charAt(this.#at))) this.#at++;
  }

  #literal(word: string): void {
    for (let index = 0; index < word.length; index++, this.#at++) {
      if (this.#text.charAt(this.#at) === word.charAt(index)) continue;
      this.#refuse(index === 0 ? "looking for beginning of value" : `in literal ${word} (expecting ${quote(word.charAt(index))})`);
    }
  }

  #take(character: string): boolean {
    if (this.#text.charAt(this.#at) !== character) return false;
    this.#at++;
    return true;
  }
}

function isDigit(character: string): boolean {
  return character >= "0" && character <= "9" && character.length === 1;
}

function quote(character: string): string {
  if (character === "'") return "'\\''";
  if (character === "\n") return "'\\n'";
  if (character === "\r") return "'\\r'";
  if (character === "\t") return "'\\t'";
  if (character === "\\") return "'\\\\'";
  if (character < " ") return `'\\x${character.charCodeAt(0).toString(16).padStart(2, "0")}'`;
  return `'${character}'`;
}
