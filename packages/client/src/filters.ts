/** Conditions of a list: key → values. */
export type FilterValues = Readonly<Record<string, readonly string[]>>;

/** Conditions in the form of the `filters` query, or undefined when there are none. */
export function encodeFilters(filters: FilterValues | undefined): string | undefined {
  const entries = Object.entries(filters ?? {});
  if (entries.length === 0) return undefined;
  return JSON.stringify(
    Object.fromEntries(entries.map(([key, values]) => [key, Object.fromEntries(values.map((value) => [value, true]))])),
  );
}
