import type { Engine } from "./engines/engine.ts";
import type { Sheet } from "./report/sheet.ts";
import type { Sizes } from "./sizes.ts";

/** What a row is to reach: a part of Docker's value, or a value by itself. */
export type Goal = { readonly partOfDocker: number } | { readonly atMost: number };

/** One row of the table. */
export interface Row {
  readonly key: string;
  readonly title: string;
  readonly unit: "ms" | "MB" | "MB/s" | "% of a core";
  readonly better: "less" | "more";
  readonly goal?: Goal;
}

/** What a measurement works with. */
export interface Bench {
  readonly engines: readonly Engine[];
  readonly sizes: Sizes;
  readonly sheet: Sheet;
  /** Says how far it is. */
  readonly say: (text: string) => void;
}

/** One measurement: fills one or more rows for every engine. */
export interface Measurement {
  /** The word that selects it. */
  readonly word: string;
  /** One line for people: what is done. */
  readonly about: string;
  /** Its rows, whose titles may name sizes. */
  rows(sizes: Sizes): readonly Row[];
  /** Whether it needs engines that have done nothing yet. */
  readonly fresh?: boolean;
  measure(bench: Bench): Promise<void>;
}
