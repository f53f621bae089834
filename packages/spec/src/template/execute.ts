import type { FunctionMap } from "./functions.ts";
import { lazyFunctions, standardFunctions } from "./functions.ts";
import type { Template } from "./parse.ts";
import type { Command, Node, Operand, Pipe, TemplateLimits } from "./types.ts";
import { TemplateError, defaultLimits } from "./types.ts";
import type { Lookup } from "./value.ts";
import { display, getField, isTrue, sortedEntries } from "./value.ts";

/** What an execution may use besides the data. */
export interface ExecuteOptions {
  readonly functions?: FunctionMap;
  readonly lookup?: Lookup;
  readonly limits?: TemplateLimits;
}

const strict: Lookup = { optional: new Set(), maps: new Set() };

/**
 * Writes a template with its data.
 * @param data what `.` is; objects are looked into by their own keys only
 * @throws {TemplateError} with Go's words: a missing field, a wrong argument, or a limit reached
 */
export function executeTemplate(template: Template, data: unknown, options: ExecuteOptions = {}): string {
  return new Execution(data, options).run(template.nodes);
}

/** A value and the name it was reached by. */
interface Reached {
  readonly value: unknown;
  readonly parent?: string | undefined;
}

type Flow = "next" | "break" | "continue";

class Execution {
  readonly #functions: FunctionMap;
  readonly #lookup: Lookup;
  readonly #limits: TemplateLimits;
  readonly #variables: [string, Reached][];
  #dot: Reached;
  #output: string[] = [];
  #length = 0;
  #steps = 0;

  constructor(data: unknown, options: ExecuteOptions) {
    this.#functions = options.functions ?? standardFunctions;
    this.#lookup = options.lookup ?? strict;
    this.#limits = options.limits ?? defaultLimits;
    this.#dot = { value: data };
    this.#variables = [["$", this.#dot]];
  }

  run(nodes: readonly Node[]): string {
    this.#nodes(nodes);
    return this.#output.join("");
  }

  #nodes(nodes: readonly Node[]): Flow {
    for (const node of nodes) {
      this.#step();
      switch (node.kind) {
        case "text":
          this.#write(node.text);
          break;
        case "action": {
          const reached = this.#pipe(node.pipe);
          if (node.pipe.variables.length === 0) this.#write(this.#shown(reached));
          break;
        }
        case "if":
        case "with":
        case "range": {
          const flow = this.#control(node);
          if (flow !== "next") return flow;
          break;
        }
        case "break":
        case "continue":
          return node.kind;
      }
    }
    return "next";
  }

  #shown({ value, parent }: Reached): string {
    const nil = value === null && parent !== undefined ? this.#lookup.nils?.get(parent) : undefined;
    return nil ?? display(value);
  }

  #control(node: Extract<Node, { kind: "if" | "with" | "range" }>): Flow {
    const depth = this.#variables.length;
    const dot = this.#dot;
    try {
      const reached = this.#pipe(node.pipe);
      if (node.kind === "range") return this.#range(node, reached);
      if (!isTrue(reached.value)) return this.#nodes(node.otherwise);
      if (node.kind === "with") this.#dot = reached;
      return this.#nodes(node.body);
    } finally {
      this.#variables.length = depth;
      this.#dot = dot;
    }
  }

  #range(node: Extract<Node, { kind: "if" | "with" | "range" }>, reached: Reached): Flow {
    const entries = rangeEntries(reached.value);
    const [first, second] = node.pipe.variables;
    let ran = false;
    for (const [key, value] of entries) {
      ran = true;
      this.#step();
      const depth = this.#variables.length;
      this.#dot = { value };
      if (second !== undefined) this.#variables.push([second, { value }]);
      if (first !== undefined) this.#variables.push([first, { value: second === undefined ? value : key }]);
      const flow = this.#nodes(node.body);
      this.#variables.length = depth;
      if (flow === "break") break;
    }
    return ran ? "next" : this.#nodes(node.otherwise);
  }

  #pipe(pipe: Pipe): Reached {
    let reached: Reached | undefined;
    for (const command of pipe.commands) reached = this.#command(command, reached);
    if (reached === undefined) throw new TemplateError("missing value for command");
    for (const name of pipe.variables) {
      if (pipe.assigns) this.#assign(name, reached);
      else this.#variables.push([name, reached]);
    }
    return reached;
  }

  #command(command: Command, last: Reached | undefined): Reached {
    this.#step();
    const [head, ...rest] = command;
    if (head === undefined) throw new TemplateError("missing value for command");
    if (head.kind === "function") return this.#call(head.name, head.text, rest, last);
    const reached = this.#operand(head);
    if (typeof reached.value === "function") {
      const values = rest.map((operand) => this.#operand(operand).value);
      if (last !== undefined) values.push(last.value);
      return { value: (reached.value as (...given: unknown[]) => unknown)(...values.map((value) => display(value))) };
    }
    if (rest.length > 0 || last !== undefined) {
      throw new TemplateError(`template: :1: executing "" at <${head.text}>: can't give argument to non-function ${head.text}`);
    }
    return reached;
  }

  #call(name: string, text: string, rest: readonly Operand[], last: Reached | undefined): Reached {
    if (lazyFunctions.has(name)) {
      let reached: Reached | undefined;
      for (const operand of rest) {
        reached = this.#operand(operand);
        if (isTrue(reached.value) === (name === "or")) return reached;
      }
      const final = last ?? reached;
      if (final === undefined) throw new TemplateError(`wrong number of args for ${name}: want at least 1 got 0`);
      return final;
    }
    const call = this.#functions[name];
    if (call === undefined) throw new TemplateError(`function ${JSON.stringify(name)} not defined`);
    const values = rest.map((operand) => this.#operand(operand).value);
    if (last !== undefined) values.push(last.value);
    try {
      return { value: call(...values) };
    } catch (error) {
      if (!(error instanceof TemplateError)) throw error;
      throw new TemplateError(`template: :1: executing "" at <${text}>: ${error.message}`);
    }
  }

  #operand(operand: Operand): Reached {
    this.#step();
    switch (operand.kind) {
      case "dot":
        return this.#dot;
      case "nil":
        return { value: null };
      case "constant":
        return { value: operand.value };
      case "field":
        return this.#fields(this.#dot, operand.names, operand.text);
      case "variable":
        return this.#fields(this.#variable(operand.name), operand.names, operand.text);
      case "function":
        return this.#call(operand.name, operand.text, [], undefined);
      case "pipe":
        return this.#fields(this.#pipe(operand.pipe), operand.names, operand.text);
    }
  }

  #fields(start: Reached, names: readonly string[], text: string): Reached {
    let reached = start;
    for (const name of names) {
      try {
        reached = { value: getField({ ...reached, name, parent: reached.parent, lookup: this.#lookup }), parent: name };
      } catch (error) {
        if (!(error instanceof TemplateError)) throw error;
        throw new TemplateError(`template: :1: executing "" at <${text}>: ${error.message}`);
      }
    }
    return reached;
  }

  #variable(name: string): Reached {
    const found = this.#variables.findLast(([candidate]) => candidate === name);
    if (found === undefined) throw new TemplateError(`undefined variable ${JSON.stringify(name)}`);
    return found[1];
  }

  #assign(name: string, value: Reached): void {
    const found = this.#variables.findLast(([candidate]) => candidate === name);
    if (found === undefined) throw new TemplateError(`undefined variable ${JSON.stringify(name)}`);
    found[1] = value;
  }

  #write(text: string): void {
    this.#length += text.length;
    if (this.#length > this.#limits.outputLength) throw new TemplateError("the template writes too much");
    this.#output.push(text);
  }

  #step(): void {
    if (++this.#steps > this.#limits.steps) throw new TemplateError("the template takes too many steps");
  }
}

function* rangeEntries(value: unknown): Generator<[unknown, unknown]> {
  if (value === null || value === undefined) return;
  if (Array.isArray(value)) {
    for (const [index, item] of value.entries()) yield [index, item];
  } else if (typeof value === "number" && Number.isInteger(value)) {
    for (let index = 0; index < value; index++) yield [index, index];
  } else if (typeof value === "object") {
    yield* sortedEntries(value);
  } else {
    throw new TemplateError(`range can't iterate over ${display(value)}`);
  }
}
