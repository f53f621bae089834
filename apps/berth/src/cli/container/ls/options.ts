/** What `--sort` knows. Numbers and times begin with the greatest, words with A; a `-` before it turns that round. */
export const sortKeys = ["name", "image", "created", "status", "size", "cpu", "memory"] as const;
export type SortKey = (typeof sortKeys)[number];

/** How a list is to be ordered. */
export interface SortOrder {
  readonly key: SortKey;
  readonly reversed: boolean;
}

/** Reads `--sort`. @throws Error naming what there is */
export function parseSort(text: string): SortOrder {
  const reversed = text.startsWith("-");
  const word = reversed ? text.slice(1) : text;
  const key = sortKeys.find((candidate) => candidate === (word === "mem" ? "memory" : word));
  if (key === undefined) throw new Error(`one of ${sortKeys.join(", ")}, and -${sortKeys[0]} and so on for the other way round`);
  return { key, reversed };
}

/** What Compose calls a container's project. */
const stackLabel = "com.docker.compose.project";

/** A label whose values divide a list. */
export interface Grouping {
  readonly label: string;
  /** The heading of a value. */
  readonly title: (value: string) => string;
  /** The heading of the rest. */
  readonly none: string;
}

/** Reads `--group-by`. @throws Error naming what there is */
export function parseGrouping(text: string): Grouping {
  if (text === "stack") return { label: stackLabel, title: (value) => value, none: "no stack" };
  const [, label = ""] = /^label=(.+)$/s.exec(text) ?? [];
  if (label === "") throw new Error("'stack' (a Compose project), or label=KEY");
  return { label, title: (value) => `${label}=${value}`, none: `no ${label}` };
}
