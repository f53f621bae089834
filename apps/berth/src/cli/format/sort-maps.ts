/**
 * A copy of a JSON value with the keys of maps (labels, ports) in Go's order, which is that of their names; objects with fields keep theirs.
 * @param maps names under which maps stand; `Config` is one below `LogConfig` only
 */
export function sortMaps(value: unknown, maps: ReadonlySet<string>, name = "", parent = ""): unknown {
  if (Array.isArray(value)) return value.map((item) => sortMaps(item, maps));
  if (typeof value !== "object" || value === null) return value;
  const entries = Object.entries(value).map(([key, item]): [string, unknown] => [key, sortMaps(item, maps, key, name)]);
  if (maps.has(name) || (name === "Config" && parent === "LogConfig")) entries.sort(([left], [right]) => (left < right ? -1 : 1));
  return Object.fromEntries(entries);
}
