import { lex } from "./lex.ts";
import type { Piece } from "./lex.ts";
import { parseAction } from "./pipe.ts";
import type { Node, Pipe, TemplateLimits } from "./types.ts";
import { TemplateError, defaultLimits } from "./types.ts";

/** A parsed template; give it to `executeTemplate`. */
export interface Template {
  readonly nodes: readonly Node[];
}

/**
 * Parses the part of Go's text/template that docker's `--format` documents: fields, variables, pipelines,
 * `if`/`else`, `with`, `range`, `break`, `continue`, comments and trim markers. `define`, `template` and `block`
 * are refused.
 * @param functions names that may be called
 * @throws {TemplateError} with Go's words
 */
export function parseTemplate(source: string, functions: ReadonlySet<string>, limits: TemplateLimits = defaultLimits): Template {
  if (source.length > limits.sourceLength) throw new TemplateError(`template: longer than ${limits.sourceLength} characters`);
  const parser = new Parser(lex(source), functions, limits);
  return { nodes: parser.parse() };
}

interface Block {
  readonly nodes: Node[];
  readonly end: "eof" | "end" | "else";
  /** The action after `else`, as in `else if`. */
  readonly chained?: Extract<Piece, { kind: "action" }>;
}

class Parser {
  readonly #pieces: readonly Piece[];
  readonly #functions: ReadonlySet<string>;
  readonly #limits: TemplateLimits;
  #position = 0;
  #depth = 0;
  #loops = 0;

  constructor(pieces: readonly Piece[], functions: ReadonlySet<string>, limits: TemplateLimits) {
    this.#pieces = pieces;
    this.#functions = functions;
    this.#limits = limits;
  }

  parse(): Node[] {
    const block = this.#block();
    if (block.end !== "eof") throw new TemplateError(`template: :1: unexpected {{${block.end}}}`);
    return block.nodes;
  }

  #block(): Block {
    const nodes: Node[] = [];
    for (;;) {
      const piece = this.#pieces[this.#position++];
      if (piece === undefined) return { nodes, end: "eof" };
      if (piece.kind === "text") {
        nodes.push(piece);
        continue;
      }
      const word = piece.tokens[0]?.kind === "word" ? piece.tokens[0].text : "";
      switch (word) {
        case "end":
          return { nodes, end: "end" };
        case "else":
          return piece.tokens.length === 1
            ? { nodes, end: "else" }
            : { nodes, end: "else", chained: { ...piece, tokens: piece.tokens.slice(1) } };
        case "if":
        case "with":
        case "range":
          nodes.push(this.#control(word, piece));
          break;
        case "break":
        case "continue":
          if (this.#loops === 0) throw new TemplateError(`template: :${piece.line}: {{${word}}} outside {{range}}`);
          nodes.push({ kind: word });
          break;
        case "define":
        case "template":
        case "block":
          throw new TemplateError(`template: :${piece.line}: {{${word}}} is not supported`);
        default:
          nodes.push({ kind: "action", pipe: this.#pipe(piece, 0), line: piece.line });
      }
    }
  }

  #control(kind: "if" | "with" | "range", piece: Extract<Piece, { kind: "action" }>): Node {
    if (++this.#depth > this.#limits.depth) throw new TemplateError(`template: :${piece.line}: blocks are nested too deep`);
    const pipe = this.#pipe(piece, 1);
    if (kind === "range") this.#loops++;
    const body = this.#block();
    if (kind === "range") this.#loops--;
    let otherwise: Node[] = [];
    if (body.end === "eof") throw new TemplateError(`template: :${piece.line}: unexpected EOF`);
    if (body.end === "else") {
      const chained = body.chained?.tokens[0]?.text;
      if (body.chained === undefined) {
        const block = this.#block();
        if (block.end !== "end") throw new TemplateError(`template: :${piece.line}: expected end; found ${block.end}`);
        otherwise = block.nodes;
      } else if (chained === kind && kind !== "range") {
        otherwise = [this.#control(kind, body.chained)];
      } else {
        throw new TemplateError(`template: :${piece.line}: unexpected <${chained ?? ""}> in else`);
      }
    }
    this.#depth--;
    return { kind, pipe, body: body.nodes, otherwise, line: piece.line };
  }

  #pipe(piece: Extract<Piece, { kind: "action" }>, skip: number): Pipe {
    return parseAction({ tokens: piece.tokens.slice(skip), line: piece.line, functions: this.#functions, depth: this.#limits.depth });
  }
}
