import type { EngineKind } from "../engines/engine.ts";
import type { Goal, Row } from "../measurement.ts";
import { median, quantile } from "../kit/statistics.ts";
import type { Outcome, Sheet } from "./sheet.ts";

/** All that a run of the benchmark found, as it is kept in JSON; every table is made from it. */
export interface BenchResult {
  readonly date: string;
  readonly machine: string;
  /** Load averages (1, 5 and 15 minutes) before and after. */
  readonly load: { readonly start: readonly number[]; readonly end: readonly number[] };
  readonly tookSeconds: number;
  readonly engines: readonly { readonly kind: EngineKind; readonly version: string }[];
  readonly cli: string;
  /** Least times of the stock CLI in ms, against a server that does nothing; by command. */
  readonly floorMs: Readonly<Record<string, number>>;
  readonly rounds: number;
  readonly rows: readonly ResultRow[];
}

/** One row: each engine's median and what else is known of it. */
export interface ResultRow extends Row {
  /** The word that selects its measurement. */
  readonly word: string;
  readonly engines: Readonly<Partial<Record<EngineKind, Figure>>>;
}

/** What one engine showed; without a median it failed. */
export interface Figure {
  readonly median?: number;
  /** Bounds of the middle half of all values. */
  readonly low?: number;
  readonly high?: number;
  readonly values: readonly number[];
  readonly failed?: string;
  readonly note?: string;
}

/** A sheet's rows with their medians; an engine of which nothing is known has failed by `reasonOfMissing`. */
export function resultRows(
  sheet: Sheet,
  plan: readonly { readonly word: string; readonly row: Row }[],
  engines: ReadonlyMap<EngineKind, string | null>,
): readonly ResultRow[] {
  return plan.map(({ word, row }) => ({
    ...row,
    word,
    engines: Object.fromEntries([...engines].map(([kind, missing]) => [kind, figure(sheet.outcome(row.key, kind), missing)])),
  }));
}

function figure(outcome: Outcome | undefined, missing: string | null): Figure {
  const note = outcome?.note === undefined ? {} : { note: outcome.note };
  const failed = outcome?.failed ?? (outcome === undefined || outcome.values.length === 0 ? (missing ?? "not measured") : undefined);
  if (failed !== undefined) return { values: [], failed, ...note };
  const values = outcome?.values ?? [];
  return { median: median(values), low: quantile(values, 0.25), high: quantile(values, 0.75), values, ...note };
}

/** Berth's median as a part of another engine's; null when one of them has none, or is nothing. */
export function ratio(row: ResultRow, to: EngineKind): number | null {
  const [own, other] = [row.engines.berth?.median, row.engines[to]?.median];
  return own === undefined || other === undefined || other <= 0 ? null : own / other;
}

/** Whether a row's goal is reached; null without a goal or when it cannot be told. */
export function isReached(row: ResultRow): boolean | null {
  const own = row.engines.berth?.median;
  if (row.goal === undefined || own === undefined) return null;
  if ("atMost" in row.goal) return own <= row.goal.atMost;
  const part = ratio(row, "docker");
  return part === null ? null : part <= row.goal.partOfDocker;
}

/** A goal in words. */
export function goalText(goal: Goal, unit: Row["unit"]): string {
  return "atMost" in goal ? `≤ ${goal.atMost} ${unit}` : `≤ ${goal.partOfDocker}`;
}

/** A value with as many digits as it deserves. */
export function valueText(value: number): string {
  return value.toFixed(Math.abs(value) < 100 ? 1 : 0);
}
