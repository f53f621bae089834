import { TemplateError } from "./types.ts";

/** Text between actions, or one action's tokens. */
export type Piece =
  | { readonly kind: "text"; readonly text: string }
  | { readonly kind: "action"; readonly tokens: readonly Token[]; readonly line: number };

/** `spaced` tells whether white space stood before the token: `.A.B` is one value, `.A .B` are two. */
export interface Token {
  readonly kind: "word" | "field" | "variable" | "string" | "number" | "character" | "sign";
  readonly text: string;
  readonly spaced: boolean;
}

type Rule = readonly [Token["kind"], RegExp];

const literals: readonly Rule[] = [
  ["string", /"(?:[^"\\\n]|\\.)*"/y],
  ["string", /`[^`]*`/y],
  ["character", /'(?:[^'\\\n]|\\.[0-9a-fA-F]*)'/y],
  ["number", /[+-]?(?:0[xX][0-9a-fA-F]+|\d[\d_]*(?:\.\d*)?(?:[eE][+-]?\d+)?|\.\d+)/y],
];
const asciiNames: readonly Rule[] = [
  ["field", /\.[A-Za-z_]\w*/y],
  ["variable", /\$\w*/y],
  ["word", /[A-Za-z_]\w*/y],
];
const signs: readonly Rule[] = [["sign", /:=|[=|(),.]/y]];

/** Names of any script. Made only for a source that needs them: these patterns take longer to compile than most templates to run. */
function unicodeNames(): readonly Rule[] {
  return [
    ["field", /\.[\p{L}_][\p{L}\p{N}_]*/uy],
    ["variable", /\$[\p{L}\p{N}_]*/uy],
    ["word", /[\p{L}_][\p{L}\p{N}_]*/uy],
  ];
}

/**
 * Splits a template into text and actions; trims as `{{-` and `-}}` ask and drops comments.
 * @throws {TemplateError} for an action that is not closed or holds a foreign character
 */
export function lex(source: string): Piece[] {
  const isAscii = Buffer.byteLength(source) === source.length;
  const rules = [...literals, ...(isAscii ? asciiNames : unicodeNames()), ...signs];
  const pieces: Piece[] = [];
  let position = 0;
  let trimNext = false;
  while (position < source.length) {
    const open = source.indexOf("{{", position);
    let text = source.slice(position, open === -1 ? undefined : open);
    if (trimNext) text = text.trimStart();
    trimNext = false;
    const trimsLeft = open !== -1 && /^-\s/.test(source.slice(open + 2, open + 4));
    if (trimsLeft) text = text.trimEnd();
    if (text !== "") pieces.push({ kind: "text", text });
    if (open === -1) break;
    const line = lineAt(source, open);
    const action = lexAction({ source, rules, start: open + (trimsLeft ? 3 : 2), line });
    if (action.tokens.length > 0 || !action.comment) pieces.push({ kind: "action", tokens: action.tokens, line });
    trimNext = action.trimsRight;
    position = action.end;
  }
  return pieces;
}

function lexAction(at: { source: string; rules: readonly Rule[]; start: number; line: number }): {
  tokens: Token[];
  end: number;
  trimsRight: boolean;
  comment: boolean;
} {
  const { source, rules, line } = at;
  const comment = /\s*\/\*[\s\S]*?\*\/(\s-)?\}\}/y;
  comment.lastIndex = at.start;
  const found = comment.exec(source);
  if (found !== null) return { tokens: [], end: comment.lastIndex, trimsRight: found[1] !== undefined, comment: true };
  const tokens: Token[] = [];
  let position = at.start;
  for (;;) {
    const before = position;
    while (/\s/.test(source.charAt(position))) position++;
    const spaced = position > before;
    if (source.startsWith("}}", position)) return { tokens, end: position + 2, trimsRight: false, comment: false };
    if (spaced && source.startsWith("-}}", position)) return { tokens, end: position + 3, trimsRight: true, comment: false };
    if (position >= source.length) throw new TemplateError(`template: :${line}: unclosed action`);
    const token = nextToken({ source, rules, position, spaced });
    if (token === undefined) {
      const character = source.charAt(position);
      if (character === '"') throw new TemplateError(`template: :${line}: unterminated quoted string`);
      throw new TemplateError(`template: :${line}: unexpected ${JSON.stringify(character)} in operand`);
    }
    tokens.push(token);
    position += token.text.length;
  }
}

function nextToken(at: { source: string; rules: readonly Rule[]; position: number; spaced: boolean }): Token | undefined {
  const { source, rules, position, spaced } = at;
  for (const [kind, pattern] of rules) {
    pattern.lastIndex = position;
    const match = pattern.exec(source);
    if (match !== null) return { kind, text: match[0], spaced };
  }
  return undefined;
}

function lineAt(source: string, position: number): number {
  let line = 1;
  for (let index = source.indexOf("\n"); index !== -1 && index < position; index = source.indexOf("\n", index + 1)) line++;
  return line;
}
