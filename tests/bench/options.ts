import { parseArgs } from "node:util";
import { type EngineKind, engineKinds } from "./engines/engine.ts";
import type { Measurement } from "./measurement.ts";
import { measurements } from "./measurements/list.ts";
import { fullSizes, type Sizes, tinySizes } from "./sizes.ts";

/** The command line of the benchmark. */
export interface Options {
  readonly measurements: readonly Measurement[];
  readonly kinds: readonly EngineKind[];
  readonly sizes: Sizes;
  readonly format: "text" | "json" | "markdown";
  /** A saved result to be written as Markdown instead of measuring. */
  readonly markdownOf: string | null;
  /** Where the result is kept as JSON. */
  readonly output: string;
  readonly list: boolean;
}

/** Where a result is kept unless something else is said. */
export const defaultOutput = ".cache/bench/latest.json";

/** @throws Error that says which word it does not know */
export function readOptions(args: readonly string[]): Options {
  const { values, positionals } = parseArgs({
    args: [...args],
    allowPositionals: true,
    options: {
      only: { type: "string", default: "" },
      engines: { type: "string", default: "" },
      rounds: { type: "string", default: "" },
      format: { type: "string", default: "text" },
      output: { type: "string", default: defaultOutput },
      markdown: { type: "boolean", default: false },
      tiny: { type: "boolean", default: false },
      list: { type: "boolean", default: false },
    },
  });
  if (positionals.length > (values.markdown ? 1 : 0)) throw new Error(`what is "${positionals.at(-1)}"?`);
  const base = values.tiny ? tinySizes : fullSizes;
  return {
    measurements: chosen(values.only, measurements, ({ word }) => word),
    kinds: chosen(values.engines, engineKinds, (kind) => kind),
    sizes: values.rounds === "" ? base : { ...base, rounds: roundsOf(values.rounds) },
    format: chosen(values.format, ["text", "json", "markdown"] as const, (format) => format)[0] ?? "text",
    markdownOf: values.markdown ? (positionals[0] ?? values.output) : null,
    output: values.output,
    list: values.list,
  };
}

/** Those that are named, in their own order; all when none is. */
function chosen<T>(words: string, all: readonly T[], name: (item: T) => string): readonly T[] {
  const wanted = words.split(/[\s,]+/).filter((word) => word !== "");
  const unknown = wanted.find((word) => !all.some((item) => name(item) === word));
  if (unknown !== undefined) throw new Error(`there is no "${unknown}" among: ${all.map(name).join(", ")}`);
  return wanted.length === 0 ? all : all.filter((item) => wanted.includes(name(item)));
}

function roundsOf(text: string): number {
  const rounds = Number(text);
  if (!Number.isInteger(rounds) || rounds < 1 || rounds > 1000) throw new Error(`rounds: a number from 1 to 1000, not "${text}"`);
  return rounds;
}
