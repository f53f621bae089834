import { type CharacterTest, isWord, parsePattern, PatternError, type PatternNode } from "./syntax.ts";

/** A pattern that is ready to be asked. */
export interface Pattern {
  /** Whether the pattern is found anywhere in the text. Takes time linear in the text's length, whatever the pattern. */
  test(text: string): boolean;
}

type Instruction =
  | { readonly kind: "character"; readonly test: CharacterTest }
  | { readonly kind: "split"; readonly ways: readonly number[] }
  | { readonly kind: "assert"; readonly what: "start" | "end" | "boundary" | "no-boundary" }
  | { readonly kind: "match" };

/** Bounds the time for each character of a text. */
const mostInstructions = 5_000;

/**
 * Makes a pattern out of Go's regular expression syntax (see parsePattern). All ways are followed at once, as RE2
 * does, so that no expression can be made to take years (`(a+)+$` in JavaScript's own engine).
 * @throws PatternError when it is malformed, or too large
 */
export function compilePattern(source: string): Pattern {
  const program: Instruction[] = [];
  emit(program, parsePattern(source));
  program.push({ kind: "match" });
  return { test: (text) => run(program, text) };
}

function put(program: Instruction[], instruction: Instruction): number {
  if (program.length >= mostInstructions) throw new PatternError("expression too large");
  return program.push(instruction) - 1;
}

function emit(program: Instruction[], node: PatternNode): void {
  switch (node.kind) {
    case "character":
    case "assert":
      put(program, node);
      return;
    case "sequence":
      for (const part of node.nodes) emit(program, part);
      return;
    case "choice": {
      const ways: number[] = [];
      put(program, { kind: "split", ways });
      const exits: number[][] = [];
      for (const part of node.nodes) {
        ways.push(program.length);
        emit(program, part);
        const exit: number[] = [];
        exits.push(exit);
        put(program, { kind: "split", ways: exit });
      }
      for (const exit of exits) exit.push(program.length);
      return;
    }
    case "repeat":
      emitRepeat(program, node);
  }
}

function emitRepeat(program: Instruction[], { node, least, most }: Extract<PatternNode, { kind: "repeat" }>): void {
  for (let count = 0; count < least; count++) emit(program, node);
  if (most === Number.POSITIVE_INFINITY) {
    const ways: number[] = [];
    const start = put(program, { kind: "split", ways });
    ways.push(program.length);
    emit(program, node);
    put(program, { kind: "split", ways: [start] });
    ways.push(program.length);
    return;
  }
  const skips: number[][] = [];
  for (let count = least; count < most; count++) {
    const ways: number[] = [];
    put(program, { kind: "split", ways });
    ways.push(program.length);
    skips.push(ways);
    emit(program, node);
  }
  for (const ways of skips) ways.push(program.length);
}

function run(program: readonly Instruction[], text: string): boolean {
  const characters = Array.from(text, (character) => character.codePointAt(0) ?? 0);
  const seen = new Int32Array(program.length).fill(-1);
  let current: number[] = [];
  for (let at = 0; at <= characters.length; at++) {
    // A match may begin anywhere.
    current.push(0);
    const before = characters[at - 1];
    const code = characters[at];
    const next: number[] = [];
    const open = current.toReversed();
    for (let counter = open.pop(); counter !== undefined; counter = open.pop()) {
      if (seen[counter] === at) continue;
      seen[counter] = at;
      const instruction = program[counter];
      switch (instruction?.kind) {
        case "match":
          return true;
        case "character":
          if (code !== undefined && instruction.test(code)) next.push(counter + 1);
          break;
        case "split":
          open.push(...instruction.ways);
          break;
        case "assert":
          if (holds(instruction.what, before, code)) open.push(counter + 1);
          break;
        case undefined:
          break;
      }
    }
    current = next;
  }
  return false;
}

function holds(what: "start" | "end" | "boundary" | "no-boundary", before: number | undefined, after: number | undefined): boolean {
  switch (what) {
    case "start":
      return before === undefined;
    case "end":
      return after === undefined;
    case "boundary":
    case "no-boundary": {
      const boundary = (before !== undefined && isWord(before)) !== (after !== undefined && isWord(after));
      return boundary === (what === "boundary");
    }
  }
}
