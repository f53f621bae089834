import { isAtLeast } from "@berth/spec";

/**
 * What a JSON value of the Engine API looks like in every version at once: an object's keys carry when they are there.
 * Nothing is left to chance: a key that a shape does not name is a finding.
 */
export type Shape =
  | { readonly kind: "string" | "number" | "boolean" | "any" }
  | { readonly kind: "list" | "map"; readonly of: Shape }
  | { readonly kind: "object"; readonly keys: Readonly<Record<string, Shape>> }
  | { readonly kind: "nullable" | "optional"; readonly of: Shape }
  /** `before` until the version, `from` since; null is absent. */
  | { readonly kind: "changed"; readonly at: string; readonly before: Shape | null; readonly from: Shape | null };

export const string: Shape = { kind: "string" };
export const number: Shape = { kind: "number" };
export const boolean: Shape = { kind: "boolean" };
/** Whatever a client put in. */
export const any: Shape = { kind: "any" };
export const strings: Shape = { kind: "list", of: string };

/** A list; clients may rely on its being one, also when it is empty. */
export function list(of: Shape): Shape {
  return { kind: "list", of };
}

/** An object with keys that are data. */
export function map(of: Shape): Shape {
  return { kind: "map", of };
}

/** An object with exactly these keys. */
export function object(keys: Readonly<Record<string, Shape>>): Shape {
  return { kind: "object", keys };
}

/** The value may be null. */
export function nullable(of: Shape): Shape {
  return { kind: "nullable", of };
}

/** The key may be absent (Go's `omitempty`), its value not null. */
export function optional(of: Shape): Shape {
  return { kind: "optional", of };
}

/** The key is there from `version` on and never before: daemons take it out of the answers to older clients. */
export function since(version: string, of: Shape): Shape {
  return { kind: "changed", at: version, before: null, from: of };
}

/** The key came with `version`; newer daemons may send it to older clients too. */
export function added(version: string, of: Shape): Shape {
  return { kind: "changed", at: version, before: optional(of), from: of };
}

/** The key is there before `version` and never from it on. */
export function until(version: string, of: Shape): Shape {
  return { kind: "changed", at: version, before: of, from: null };
}

/** The key may be absent from `version` on. */
export function loosened(version: string, of: Shape): Shape {
  return { kind: "changed", at: version, before: of, from: optional(of) };
}

/** Compares a JSON value with a shape. */
export function compareShape(
  shape: Shape,
  value: unknown,
  options: {
    readonly version: string;
    /** Where the value stands, for the findings. */
    readonly at: string;
    /** Takes the shape's own path (`[]` for items, `*` for values of maps) of every part that was compared. */
    readonly seen?: (path: string) => void;
  },
): string[] {
  const { version, seen } = options;
  const findings: string[] = [];

  function visit(part: Shape, what: unknown, at: string, path: string): void {
    switch (part.kind) {
      case "changed": {
        const effective = isAtLeast(version, part.at) ? part.from : part.before;
        if (effective !== null) visit(effective, what, at, path);
        else if (what !== undefined) findings.push(`${at}: must be absent`);
        return;
      }
      case "optional":
        if (what !== undefined) visit(part.of, what, at, path);
        return;
      case "nullable":
        if (what !== null) visit(part.of, what, at, path);
        return;
      case "any":
        if (what === undefined) findings.push(`${at}: is missing`);
        else seen?.(path);
        return;
      case "string":
      case "number":
      case "boolean":
        if (typeof what !== part.kind) findings.push(`${at}: ${part.kind} expected, got ${nameOf(what)}`);
        else seen?.(path);
        return;
      case "list":
        if (!Array.isArray(what)) findings.push(`${at}: list expected, got ${nameOf(what)}`);
        else for (const [index, item] of what.entries()) visit(part.of, item, `${at}[${index}]`, `${path}[]`);
        return;
      case "map":
        if (!isRecord(what)) findings.push(`${at}: object expected, got ${nameOf(what)}`);
        else for (const [key, item] of Object.entries(what)) visit(part.of, item, `${at}.${key}`, `${path}.*`);
        return;
      case "object":
        if (!isRecord(what)) {
          findings.push(`${at}: object expected, got ${nameOf(what)}`);
          return;
        }
        for (const [key, inner] of Object.entries(part.keys)) visit(inner, what[key], `${at}.${key}`, `${path}.${key}`);
        for (const key of Object.keys(what)) if (!(key in part.keys)) findings.push(`${at}.${key}: not in any version`);
    }
  }
  visit(shape, value, options.at, "");
  return findings;
}

/** Paths of all values (no lists or objects) that a shape has in any of the versions. */
export function leavesOf(shape: Shape): string[] {
  function visit(part: Shape, path: string): string[] {
    switch (part.kind) {
      case "changed":
        return [...(part.before === null ? [] : visit(part.before, path)), ...(part.from === null ? [] : visit(part.from, path))];
      case "optional":
      case "nullable":
        return visit(part.of, path);
      case "list":
        return visit(part.of, `${path}[]`);
      case "map":
        return visit(part.of, `${path}.*`);
      case "object":
        return Object.entries(part.keys).flatMap(([key, inner]) => visit(inner, `${path}.${key}`));
      default:
        return [path];
    }
  }
  return [...new Set(visit(shape, ""))];
}

function nameOf(value: unknown): string {
  if (value === undefined) return "nothing";
  if (value === null) return "null";
  return Array.isArray(value) ? "a list" : typeof value;
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
