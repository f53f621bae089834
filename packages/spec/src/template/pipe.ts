import type { Token } from "./lex.ts";
import type { Command, Operand, Pipe } from "./types.ts";
import { TemplateError } from "./types.ts";

/** The tokens of one action and what may stand in it. */
export interface ActionSource {
  readonly tokens: readonly Token[];
  readonly line: number;
  readonly functions: ReadonlySet<string>;
  /** How many parentheses may stand inside one another. */
  readonly depth: number;
}

/** Parses what stands between `{{` and `}}` of an action without its keyword. */
export function parseAction(source: ActionSource): Pipe {
  const reader = new Reader(source);
  const pipe = reader.pipe(0);
  reader.expectEnd();
  return pipe;
}

class Reader {
  readonly #source: ActionSource;
  #position = 0;

  constructor(source: ActionSource) {
    this.#source = source;
  }

  expectEnd(): void {
    const token = this.#peek();
    if (token !== undefined) throw this.#error(`unexpected ${JSON.stringify(token.text)} in command`);
  }

  pipe(depth: number): Pipe {
    if (depth > this.#source.depth) throw this.#error("parentheses are nested too deep");
    const { variables, assigns } = this.#declaration();
    const commands: Command[] = [];
    for (;;) {
      const command = this.#command(depth);
      if (command.length === 0) throw this.#error("missing value for command");
      if (commands.length > 0 && command[0]?.kind !== "function" && command[0]?.kind !== "field" && command[0]?.kind !== "variable") {
        throw this.#error(`non executable command in pipeline stage ${commands.length + 1}`);
      }
      commands.push(command);
      if (this.#peek()?.text !== "|" || this.#peek()?.kind !== "sign") break;
      this.#position++;
    }
    return { variables, assigns, commands };
  }

  #declaration(): { variables: string[]; assigns: boolean } {
    const [first, second, third, fourth] = this.#source.tokens.slice(this.#position, this.#position + 4);
    if (first?.kind !== "variable") return { variables: [], assigns: false };
    if (second?.text === ":=" || second?.text === "=") {
      this.#position += 2;
      return { variables: [first.text], assigns: second.text === "=" };
    }
    if (second?.text === "," && third?.kind === "variable" && (fourth?.text === ":=" || fourth?.text === "=")) {
      this.#position += 4;
      return { variables: [first.text, third.text], assigns: fourth.text === "=" };
    }
    return { variables: [], assigns: false };
  }

  #command(depth: number): Operand[] {
    const operands: Operand[] = [];
    for (;;) {
      const token = this.#peek();
      if (token === undefined || (token.kind === "sign" && (token.text === "|" || token.text === ")"))) return operands;
      operands.push(this.#operand(token, depth));
    }
  }

  #operand(token: Token, depth: number): Operand {
    this.#position++;
    const text = token.text;
    switch (token.kind) {
      case "string":
        return { kind: "constant", value: text.startsWith("`") ? text.slice(1, -1) : this.#unquote(text), text };
      case "character":
        return { kind: "constant", value: this.#unquote(`"${text.slice(1, -1)}"`).codePointAt(0) ?? 0, text };
      case "number":
        return { kind: "constant", value: Number(text.replaceAll("_", "")), text };
      case "field": {
        const names = [text.slice(1), ...this.#fields()];
        return { kind: "field", names, text: `.${names.join(".")}` };
      }
      case "variable": {
        const names = this.#fields();
        return { kind: "variable", name: text, names, text: [text, ...names].join(".") };
      }
      case "word":
        if (text === "true" || text === "false") return { kind: "constant", value: text === "true", text };
        if (text === "nil") return { kind: "nil", text };
        if (!this.#source.functions.has(text)) throw this.#error(`function ${JSON.stringify(text)} not defined`);
        return { kind: "function", name: text, text };
      case "sign":
        if (text === ".") return { kind: "dot", text };
        if (text !== "(") throw this.#error(`unexpected ${JSON.stringify(text)} in operand`);
        return this.#parenthesis(depth);
    }
  }

  #parenthesis(depth: number): Operand {
    const start = this.#position;
    const pipe = this.pipe(depth + 1);
    if (this.#peek()?.text !== ")") throw this.#error("unclosed left paren");
    const inner = this.#source.tokens.slice(start, this.#position).map((token) => (token.spaced ? ` ${token.text}` : token.text));
    this.#position++;
    const names = this.#fields();
    return { kind: "pipe", pipe, names, text: [`(${inner.join("")})`, ...names].join(".") };
  }

  /** Fields that follow without a space. */
  #fields(): string[] {
    const names: string[] = [];
    for (let token = this.#peek(); token?.kind === "field" && !token.spaced; token = this.#peek()) {
      names.push(token.text.slice(1));
      this.#position++;
    }
    return names;
  }

  #peek(): Token | undefined {
    return this.#source.tokens[this.#position];
  }

  #unquote(text: string): string {
    const escapes: Readonly<Record<string, string>> = { n: "\n", t: "\t", r: "\r", a: "\x07", b: "\b", f: "\f", v: "\v" };
    return text.slice(1, -1).replace(/\\(x[0-9a-fA-F]{2}|u[0-9a-fA-F]{4}|U[0-9a-fA-F]{8}|[0-7]{3}|.)/gs, (_whole, escape: string) => {
      if (/^[xuU]./.test(escape)) {
        const code = Number.parseInt(escape.slice(1), 16);
        if (code > 0x10ffff) throw this.#error("invalid syntax");
        return String.fromCodePoint(code);
      }
      if (/^[0-7]{3}$/.test(escape)) return String.fromCodePoint(Number.parseInt(escape, 8));
      return escapes[escape] ?? escape;
    });
  }

  #error(words: string): TemplateError {
    return new TemplateError(`template: :${this.#source.line}: ${words}`);
  }
}
