import { sprintf } from "./printf.ts";
import { TemplateError } from "./types.ts";
import { display, isTrue, sortedEntries, toJson } from "./value.ts";

/** A function of a template, called with evaluated arguments. */
export type TemplateFunction = (...values: readonly unknown[]) => unknown;

/** Functions by name. */
export type FunctionMap = Readonly<Record<string, TemplateFunction>>;

/** `and` and `or` stop at the first value that decides; the evaluator handles them itself. */
export const lazyFunctions: ReadonlySet<string> = new Set(["and", "or"]);

/** Go's own functions and those docker adds (docker's documentation, "Format command and log output"). */
export const standardFunctions: FunctionMap = {
  not: (value) => !isTrue(value),
  len: length,
  index,
  slice,
  print,
  println: (...values) => `${values.map((value) => display(value)).join(" ")}\n`,
  printf: (format, ...values) => sprintf(text(format, "printf"), values),
  eq: (first, ...others) => {
    if (others.length === 0) throw new TemplateError("missing argument for comparison");
    return others.some((other) => compare(first, other) === 0);
  },
  ne: (left, right) => compare(left, right) !== 0,
  lt: (left, right) => order(left, right) < 0,
  le: (left, right) => order(left, right) <= 0,
  gt: (left, right) => order(left, right) > 0,
  ge: (left, right) => order(left, right) >= 0,
  json: (value) => toJson(value),
  split: (value, separator) => text(value, "split").split(text(separator, "split")),
  join,
  title: (value) =>
    text(value, "title").replace(/(^|[\s\p{P}])(\p{L})/gu, (_whole, before: string, letter: string) => before + letter.toUpperCase()),
  lower: (value) => text(value, "lower").toLowerCase(),
  upper: (value) => text(value, "upper").toUpperCase(),
  pad: (value, before, after) => {
    const source = text(value, "pad");
    return source === "" ? "" : " ".repeat(width(before)) + source + " ".repeat(width(after));
  },
  truncate: (value, size) => text(value, "truncate").slice(0, width(size)),
  html: (...values) => escaped(values, (letter) => htmlEscapes[letter] ?? letter),
  js: (...values) =>
    escaped(values, (letter) => jsEscapes[letter] ?? (letter < " " || "<>&=".includes(letter) ? unicodeEscape(letter) : letter)),
  urlquery: (...values) => new URLSearchParams({ x: print(...values) }).toString().slice("x=".length),
};

/** The functions for a table's header line: they give the name of the column back as it is. */
export const headerFunctions: FunctionMap = {
  ...standardFunctions,
  ...Object.fromEntries(["json", "split", "join", "title", "lower", "upper", "truncate"].map((name) => [name, (value: unknown) => value])),
};

/** Go's fmt.Sprint: a blank between two values when neither is a string. */
function print(...values: readonly unknown[]): string {
  return values
    .map((value, at) => `${at > 0 && typeof value !== "string" && typeof values[at - 1] !== "string" ? " " : ""}${display(value)}`)
    .join("");
}

const htmlEscapes: Readonly<Record<string, string>> = {
  "\0": "\uFFFD",
  '"': "&#34;",
  "'": "&#39;",
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
};
const jsEscapes: Readonly<Record<string, string>> = { "\\": "\\\\", "'": "\\'", '"': '\\"' };

function escaped(values: readonly unknown[], escape: (letter: string) => string): string {
  return Array.from(print(...values), escape).join("");
}

function unicodeEscape(letter: string): string {
  return `\\u${(letter.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, "0")}`;
}

function text(value: unknown, name: string): string {
  if (typeof value === "string") return value;
  throw new TemplateError(`error calling ${name}: wrong type for value; expected string`);
}

function width(value: unknown): number {
  if (typeof value !== "number" || !Number.isInteger(value)) throw new TemplateError("expected integer");
  return Math.min(Math.max(value, 0), 10_000);
}

function join(values: unknown, separator: unknown): string {
  const between = text(separator, "join");
  if (values === null || values === undefined) return "";
  if (Array.isArray(values)) return values.map((value) => display(value ?? null)).join(between);
  if (typeof values !== "object") throw new TemplateError(`error calling join: expected slice, got ${typeof values}`);
  return sortedEntries(values)
    .map(([, value]) => display(value))
    .sort()
    .join(between);
}

function length(value: unknown): number {
  // A list that is not there is an empty one in Go, whose JSON is null.
  if (value === null) return 0;
  if (typeof value === "string") return Buffer.byteLength(value);
  if (Array.isArray(value)) return value.length;
  if (typeof value === "object" && value !== null) return Object.keys(value).length;
  throw new TemplateError(`error calling len: len of ${value === undefined ? "nil pointer" : `type ${typeof value}`}`);
}

function index(value: unknown, ...keys: readonly unknown[]): unknown {
  let current = value;
  for (const key of keys) {
    if (current === null || current === undefined) throw new TemplateError("error calling index: index of untyped nil");
    if (Array.isArray(current) || typeof current === "string") {
      if (typeof key !== "number") throw new TemplateError("error calling index: cannot index slice/array with type string");
      if (!Number.isInteger(key) || key < 0 || key >= current.length)
        throw new TemplateError(`error calling index: index out of range: ${key}`);
      current = typeof current === "string" ? Buffer.from(current)[key] : (current[key] as unknown);
    } else if (typeof current === "object") {
      const name = display(key);
      // A missing key of a map of strings is the empty string in Go; docker's maps hold mostly strings.
      current = Object.hasOwn(current, name) ? (current as Record<string, unknown>)[name] : emptyLike(current);
    } else {
      throw new TemplateError(`error calling index: can't index item of type ${typeof current}`);
    }
  }
  return current;
}

function emptyLike(map: object): unknown {
  const values: unknown[] = Object.values(map);
  return values.every((value) => typeof value === "string") ? "" : null;
}

function slice(value: unknown, ...bounds: readonly unknown[]): unknown {
  if (typeof value !== "string" && !Array.isArray(value))
    throw new TemplateError(`error calling slice: can't slice item of type ${typeof value}`);
  const [start = 0, end = value.length] = bounds;
  if (typeof start !== "number" || typeof end !== "number")
    throw new TemplateError("error calling slice: cannot index slice/array with type string");
  if (start < 0 || end > value.length || start > end) throw new TemplateError(`error calling slice: index out of range: ${end}`);
  return value.slice(start, end);
}

function compare(left: unknown, right: unknown): number {
  if (left === undefined || left === null || right === undefined || right === null) return (left ?? null) === (right ?? null) ? 0 : 1;
  if (typeof left === "object" || typeof right === "object") throw new TemplateError("error calling eq: non-comparable type");
  if (typeof left === "bigint" || typeof right === "bigint") return BigInt(Number(left)) === BigInt(Number(right)) ? 0 : 1;
  if (typeof left !== typeof right) throw new TemplateError("error calling eq: incompatible types for comparison");
  return left === right ? 0 : 1;
}

function order(left: unknown, right: unknown): number {
  if (typeof left === "string" && typeof right === "string") return left < right ? -1 : left > right ? 1 : 0;
  if (isNumber(left) && isNumber(right)) return left < right ? -1 : left > right ? 1 : 0;
  throw new TemplateError("incompatible types for comparison");
}

function isNumber(value: unknown): value is number | bigint {
  return typeof value === "number" || typeof value === "bigint";
}
