/**
 * Shapes of request bodies, checked as Go's encoding/json does it: keys match without regard to case, unknown keys
 * are dropped, `null` leaves a field out, and a value of the wrong type is refused in Go's words.
 */
export type Shape =
  | { readonly kind: "string" | "bool" | "any" | "empty" | "strings-or-string" }
  | { readonly kind: "integer"; readonly type: string; readonly min: number; readonly max: number }
  | { readonly kind: "list"; readonly of: Shape; readonly type: string }
  | { readonly kind: "map"; readonly of: Shape; readonly type: string; readonly nulls: boolean }
  | { readonly kind: "object"; readonly name: string; readonly fields: Readonly<Record<string, Shape>> };

/** A value does not fit its field; the message is Go's. */
export class JsonTypeError extends Error {
  constructor(message: string) {
    super(message);
    this.name = "JsonTypeError";
  }
}

export const string: Shape = { kind: "string" };
export const bool: Shape = { kind: "bool" };
/** Anything; what uses it checks it. */
export const any: Shape = { kind: "any" };
/** `{}`, the values of Go's sets. */
export const empty: Shape = { kind: "empty" };
/** A list of strings that may be written as one string (Cmd, Entrypoint). */
export const stringsOrString: Shape = { kind: "strings-or-string" };
export const int: Shape = { kind: "integer", type: "int", min: -(2 ** 63), max: 2 ** 63 };
export const int64: Shape = { kind: "integer", type: "int64", min: -(2 ** 63), max: 2 ** 63 };
export const uint: Shape = { kind: "integer", type: "uint", min: 0, max: 2 ** 64 };
export const uint16: Shape = { kind: "integer", type: "uint16", min: 0, max: 65_535 };
export const uint32: Shape = { kind: "integer", type: "uint32", min: 0, max: 4_294_967_295 };
export const uint64: Shape = { kind: "integer", type: "uint64", min: 0, max: 2 ** 64 };

/** `[]of`. */
export function list(of: Shape): Shape {
  return { kind: "list", of, type: `[]${goType(of)}` };
}

/** `map[string]of`; null values are dropped unless `nulls` keeps them. */
export function map(of: Shape, options: { readonly nulls: boolean } = { nulls: false }): Shape {
  return { kind: "map", of, type: `map[string]${goType(of)}`, nulls: options.nulls };
}

/** A Go struct; `name` stands in messages. */
export function object(name: string, fields: Readonly<Record<string, Shape>>): Shape {
  return { kind: "object", name, fields };
}

/**
 * Checks and copies a parsed body. What was left out or null is absent.
 * @throws JsonTypeError `json: cannot unmarshal string into Go struct field HostConfig.Memory of type int64`
 */
export function fitShape(value: unknown, shape: Shape): unknown {
  return fit(value, shape, { owner: "", path: "" });
}

/** Where a value stands: the struct that holds it and the way there from the body's root. */
interface Place {
  readonly owner: string;
  readonly path: string;
}

function fit(value: unknown, shape: Shape, place: Place): unknown {
  switch (shape.kind) {
    case "any":
      return value;
    case "string":
    case "bool":
      if (typeof value !== (shape.kind === "bool" ? "boolean" : "string")) throw mismatch(value, shape, place);
      return value;
    case "empty":
      if (typeof value !== "object" || value === null || Array.isArray(value)) throw mismatch(value, shape, place);
      return {};
    case "integer":
      if (typeof value !== "number" || !Number.isInteger(value) || value < shape.min || value > shape.max)
        throw mismatch(value, shape, place);
      return value;
    case "strings-or-string":
      return typeof value === "string" ? [value] : fit(value, list(string), place);
    case "list":
      if (!Array.isArray(value)) throw mismatch(value, shape, place);
      return value.map((entry) => (entry === null ? zeroOf(shape.of) : fit(entry, shape.of, place)));
    case "map":
      return fitMap(value, shape, place);
    case "object":
      return fitObject(value, shape, place);
  }
}

function fitMap(value: unknown, shape: Extract<Shape, { kind: "map" }>, place: Place): unknown {
  if (typeof value !== "object" || value === null || Array.isArray(value)) throw mismatch(value, shape, place);
  const entries: [string, unknown][] = [];
  for (const [key, entry] of Object.entries(value)) {
    if (entry !== null) entries.push([key, fit(entry, shape.of, place)]);
    else if (shape.nulls) entries.push([key, null]);
    else entries.push([key, zeroOf(shape.of)]);
  }
  return Object.fromEntries(entries);
}

function fitObject(value: unknown, shape: Extract<Shape, { kind: "object" }>, place: Place): unknown {
  if (typeof value !== "object" || value === null || Array.isArray(value)) throw mismatch(value, shape, place);
  const names = namesOf(shape);
  const result: Record<string, unknown> = {};
  for (const [key, entry] of Object.entries(value)) {
    const name = names.get(key) ?? names.get(key.toLowerCase());
    const field = name === undefined ? undefined : shape.fields[name];
    if (name === undefined || field === undefined) continue;
    if (entry === null) delete result[name];
    else result[name] = fit(entry, field, { owner: shape.name, path: place.path === "" ? name : `${place.path}.${name}` });
  }
  return result;
}

const nameTables = new WeakMap<Shape, ReadonlyMap<string, string>>();

function namesOf(shape: Extract<Shape, { kind: "object" }>): ReadonlyMap<string, string> {
  let names = nameTables.get(shape);
  if (names === undefined) {
    names = new Map(Object.keys(shape.fields).flatMap((name) => [[name.toLowerCase(), name] as const, [name, name] as const]));
    nameTables.set(shape, names);
  }
  return names;
}

function zeroOf(shape: Shape): unknown {
  switch (shape.kind) {
    case "string":
      return "";
    case "bool":
      return false;
    case "integer":
      return 0;
    case "list":
    case "strings-or-string":
      return [];
    case "any":
      return null;
    case "empty":
    case "map":
    case "object":
      return {};
  }
}

function goType(shape: Shape): string {
  switch (shape.kind) {
    case "string":
    case "bool":
      return shape.kind;
    case "any":
      return "interface {}";
    case "empty":
      return "struct {}";
    case "strings-or-string":
      return "[]string";
    case "integer":
    case "list":
    case "map":
      return shape.type;
    case "object":
      return shape.name;
  }
}

function mismatch(value: unknown, shape: Shape, place: Place): JsonTypeError {
  const where = place.path === "" ? "Go value" : `Go struct field ${place.owner}.${place.path}`;
  return new JsonTypeError(`json: cannot unmarshal ${jsonKind(value)} into ${where} of type ${goType(shape)}`);
}

function jsonKind(value: unknown): string {
  if (value === null) return "null";
  if (Array.isArray(value)) return "array";
  if (typeof value === "boolean") return "bool";
  if (typeof value === "number")
    return Number.isFinite(value) && Math.abs(value) < 1e6 && Number.isInteger(value) ? "number" : `number ${String(value)}`;
  return typeof value;
}
