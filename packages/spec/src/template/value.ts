import { TemplateError } from "./types.ts";

/** A method of a row, as `.Label "name"`. Called with the template's arguments. */
export type Method = (...values: readonly string[]) => unknown;

/** Marks objects that Go would encode through `json.Marshal`, which writes `<`, `>` and `&` as `\u003c`, … */
export const escapesHtml: unique symbol = Symbol("escapesHtml");

/** Whether a value counts as true in `if`: not empty, not zero, not nil. */
export function isTrue(value: unknown): boolean {
  if (value === null || value === undefined || value === false || value === 0 || value === 0n || value === "") return false;
  if (Array.isArray(value)) return value.length > 0;
  if (typeof value === "object") return Object.keys(value).length > 0;
  return true;
}

/** A value as Go's `%v` writes it; maps in the order of their keys. */
export function display(value: unknown): string {
  if (value === undefined) return "<no value>";
  if (value === null) return "<nil>";
  if (typeof value === "string") return value;
  if (typeof value === "number") return displayNumber(value);
  if (Array.isArray(value)) return `[${value.map((item) => display(item ?? null)).join(" ")}]`;
  if (typeof value === "object") {
    const entries = sortedEntries(value).map(([key, item]) => `${key}:${display(item ?? null)}`);
    return `map[${entries.join(" ")}]`;
  }
  return typeof value === "function" ? "<function>" : String(value);
}

/** What can be seen of an object, keys in the order Go sorts them. Methods are left out. */
export function sortedEntries(value: object): [string, unknown][] {
  return Object.entries(value)
    .filter(([, item]) => typeof item !== "function")
    .sort(([left], [right]) => (left < right ? -1 : left > right ? 1 : 0));
}

/** ECMAScript's `JSON.rawJSON`, which the library types do not know yet: digits that no number could keep. */
const rawJson = (text: string): unknown => (JSON as unknown as { rawJSON(text: string): unknown }).rawJSON(text);

/** One line of JSON. Keys keep their order, except in rows, whose keys Go sorts. */
export function toJson(value: unknown): string {
  const isRow = typeof value === "object" && value !== null && escapesHtml in value;
  const text = JSON.stringify(isRow ? Object.fromEntries(sortedEntries(value)) : (value ?? null), (_key, item: unknown) =>
    typeof item === "bigint" ? rawJson(String(item)) : item,
  );
  const separators = text.replaceAll("\u2028", "\\u2028").replaceAll("\u2029", "\\u2029");
  if (!isRow) return separators;
  return separators.replaceAll("<", "\\u003c").replaceAll(">", "\\u003e").replaceAll("&", "\\u0026");
}

/** How a template meets a field that is not there. */
export interface Lookup {
  /** Names that may be missing anywhere; their value is then nil. */
  readonly optional: ReadonlySet<string>;
  /** Names of objects whose keys are data (labels, ports): a missing key is no error there. */
  readonly maps: ReadonlySet<string>;
  /** How a nil of this name is written, where Go knows its type: `[]`, `map[]`. */
  readonly nils?: ReadonlyMap<string, string>;
}

/**
 * Field `name` of `value`, which was reached as `parent`. Names are found without regard to case when no exact key
 * exists, since Go's field names and the JSON keys differ in it (`.ID` and `Id`).
 */
export function getField(at: { value: unknown; name: string; parent: string | undefined; lookup: Lookup }): unknown {
  const { value, name, parent, lookup } = at;
  if (value === null || value === undefined) throw new TemplateError(`nil data; no entry for key ${JSON.stringify(name)}`);
  if (typeof value !== "object" || Array.isArray(value)) {
    throw new TemplateError(`can't evaluate field ${name} in type ${Array.isArray(value) ? "[]interface {}" : typeof value}`);
  }
  const fields = value as Readonly<Record<string, unknown>>;
  if (Object.hasOwn(value, name)) return fields[name];
  const isMap = parent !== undefined && lookup.maps.has(parent);
  if (!isMap) {
    const folded = name.toLowerCase();
    const key = Object.keys(value).find((candidate) => candidate.toLowerCase() === folded);
    if (key !== undefined) return fields[key];
    if (lookup.optional.has(name)) return null;
    throw new TemplateError(`map has no entry for key ${JSON.stringify(name)}`);
  }
  return undefined;
}

function displayNumber(value: number): string {
  if (Number.isInteger(value)) return String(value);
  return Math.abs(value) >= 1e-4 && Math.abs(value) < 1e21 ? String(value) : value.toExponential().replace(/e([+-])(\d)$/, "e$10$2");
}
