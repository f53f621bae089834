/** A template that cannot be parsed or executed; the words follow Go's text/template. */
export class TemplateError extends Error {}

/** What a template may cost. A template comes from outside: it must end, and end small. */
export interface TemplateLimits {
  /** Characters of the template itself. */
  readonly sourceLength: number;
  /** Blocks and parentheses inside one another. */
  readonly depth: number;
  /** Nodes executed. */
  readonly steps: number;
  /** Characters written. */
  readonly outputLength: number;
}

/** Limits that no honest template comes near. */
export const defaultLimits: TemplateLimits = { sourceLength: 65_536, depth: 100, steps: 1_000_000, outputLength: 16_777_216 };

/** One thing between spaces inside `{{ }}`. `text` is how it was written, for messages. */
export type Operand =
  | { readonly kind: "dot"; readonly text: string }
  | { readonly kind: "nil"; readonly text: string }
  | { readonly kind: "constant"; readonly value: string | number | boolean; readonly text: string }
  | { readonly kind: "field"; readonly names: readonly string[]; readonly text: string }
  | { readonly kind: "variable"; readonly name: string; readonly names: readonly string[]; readonly text: string }
  | { readonly kind: "function"; readonly name: string; readonly text: string }
  | { readonly kind: "pipe"; readonly pipe: Pipe; readonly names: readonly string[]; readonly text: string };

/** Operands that belong together: a value, or a function with its arguments. */
export type Command = readonly Operand[];

/** `a | b | c`, optionally with variables that take its result. */
export interface Pipe {
  readonly variables: readonly string[];
  readonly assigns: boolean;
  readonly commands: readonly Command[];
}

/** A piece of a template. `line` counts from one. */
export type Node =
  | { readonly kind: "text"; readonly text: string }
  | { readonly kind: "action"; readonly pipe: Pipe; readonly line: number }
  | {
      readonly kind: "if" | "with" | "range";
      readonly pipe: Pipe;
      readonly body: readonly Node[];
      readonly otherwise: readonly Node[];
      readonly line: number;
    }
  | { readonly kind: "break" | "continue" };
