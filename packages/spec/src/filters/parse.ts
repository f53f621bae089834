import type { Filters } from "../docker/system.ts";
import { parseGoJson } from "../errors/go-syntax.ts";

/** The `filters` parameter is no JSON of either form; the message is Docker's. */
export class FilterSyntaxError extends Error {
  constructor(message = "invalid filter") {
    super(message);
    this.name = "FilterSyntaxError";
  }
}

/**
 * Parses a `filters` parameter: `{"label":{"a=b":true}}` (API 1.22 and newer) or the older
 * `{"label":["a=b"]}`, which many SDKs still send. An empty text is no filter.
 * @throws FilterSyntaxError
 */
export function parseFilters(text: string | null): Filters {
  if (text === null || text === "") return {};
  let parsed: unknown;
  try {
    parsed = parseGoJson(text);
  } catch (error) {
    throw new FilterSyntaxError(error instanceof Error ? error.message : undefined);
  }
  if (parsed === null) return {};
  if (typeof parsed !== "object" || Array.isArray(parsed)) throw new FilterSyntaxError();
  const filters: Record<string, readonly string[]> = Object.create(null);
  for (const [key, values] of Object.entries(parsed)) filters[key] = valuesOf(values);
  return filters;
}

/** Writes filters in the newer form, for clients. */
export function formatFilters(filters: Filters): string {
  const form: Record<string, Record<string, true>> = Object.create(null);
  for (const [key, values] of Object.entries(filters)) form[key] = Object.fromEntries(values.map((value) => [value, true]));
  return JSON.stringify(form);
}

function valuesOf(values: unknown): readonly string[] {
  if (values === null) return [];
  if (Array.isArray(values)) {
    if (!values.every((value) => typeof value === "string")) throw new FilterSyntaxError();
    return [...new Set<string>(values)];
  }
  if (typeof values !== "object" || !Object.values(values ?? {}).every((value) => typeof value === "boolean"))
    throw new FilterSyntaxError();
  return Object.keys(values ?? {});
}
