import type { Engine } from "../engines/engine.ts";
import type { Bench } from "../measurement.ts";
import { within } from "./within.ts";

/** How often the engines take turns. */
export interface Turns {
  /** The rows that a turn fills: they are marked when it fails. */
  readonly rows: readonly string[];
  readonly rounds: number;
  /** Rounds before, whose values do not count. */
  readonly warmUps?: number;
  readonly limitMs?: number;
}

/**
 * Lets the engines take turns, each round beginning with another one, and records what `turn` gives for each row. An engine whose turn fails has
 * its reason in the rows and takes part no longer; the others go on.
 */
export async function interleave(
  bench: Bench,
  turns: Turns,
  turn: (engine: Engine) => Promise<Readonly<Record<string, number>>>,
): Promise<void> {
  const { rows, rounds, warmUps = 0, limitMs = 600_000 } = turns;
  const left = new Set(bench.engines);
  for (let round = -warmUps; round < rounds; round++) {
    for (const engine of rotated(bench.engines, round + warmUps)) {
      if (!left.has(engine)) continue;
      bench.say(`${rows.join(", ")}: ${round < 0 ? "warming up" : `round ${round + 1} of ${rounds}`}, ${engine.kind}`);
      try {
        const values = await within(limitMs, engine.kind, turn(engine));
        if (round >= 0) for (const [row, value] of Object.entries(values)) bench.sheet.record(row, engine.kind, value);
      } catch (error) {
        left.delete(engine);
        for (const row of rows) bench.sheet.fail(row, engine.kind, reasonOf(error));
      }
    }
  }
}

/**
 * What has to be there before a measurement, made for all engines side by side.
 * @returns the bench with those for which it could be made; the others have their reason in `rows`
 */
export async function prepare(bench: Bench, rows: readonly string[], task: (engine: Engine) => Promise<unknown>): Promise<Bench> {
  const ready: Engine[] = [];
  await Promise.all(
    bench.engines.map(async (engine) => {
      try {
        await within(600_000, `${engine.kind} is not ready`, task(engine));
        ready.push(engine);
      } catch (error) {
        for (const row of rows) bench.sheet.fail(row, engine.kind, reasonOf(error));
      }
    }),
  );
  return { ...bench, engines: bench.engines.filter((engine) => ready.includes(engine)) };
}

/** An error in one line. */
export function reasonOf(error: unknown): string {
  return (error instanceof Error ? error.message : String(error)).replaceAll(/\s+/g, " ").slice(0, 300);
}

function rotated<T>(items: readonly T[], by: number): readonly T[] {
  const at = items.length === 0 ? 0 : by % items.length;
  return [...items.slice(at), ...items.slice(0, at)];
}
