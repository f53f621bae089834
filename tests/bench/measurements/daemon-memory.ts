import { liveOnce } from "../kit/containers.ts";
import { interleave, prepare } from "../kit/interleave.ts";
import { pssMegabytes } from "../kit/processes.ts";
import { inParallel } from "../kit/within.ts";
import type { Engine, EngineKind } from "../engines/engine.ts";
import type { Bench, Measurement } from "../measurement.ts";

const row = "daemon";
const atOnce = 4;

/** How many lives each engine has had. */
type Lived = Map<EngineKind, number>;

/** Memory of the daemon and its children when they have had much to do and nothing since. */
export const daemonMemory: Measurement = {
  word: "memory",
  about: "PSS of the daemon and its children a minute after many lives; nothing is timed, so all engines live side by side",
  fresh: true,
  rows: ({ lives, quietMs }) => [
    {
      key: row,
      title: `memory of the daemon ${quietMs / 1000} s after ${lives} lives, PSS`,
      unit: "MB",
      better: "less",
      goal: { atMost: 80 },
    },
  ],
  measure: async (bench) => {
    const lived: Lived = new Map();
    const ready = await prepare(bench, [row], (engine) => liveMany(bench, engine, lived));
    bench.say(`nothing for ${bench.sizes.quietMs / 1000} s`);
    await Bun.sleep(bench.sizes.quietMs);
    await interleave(ready, { rows: [row], rounds: 1 }, async (engine) => {
      const sums = Object.entries(pssMegabytes(engine.sandbox));
      const parts = sums.map(([program, megabytes]) => `${program} ${megabytes.toFixed(1)}`).join(", ");
      bench.sheet.note(row, engine.kind, `${parts}; ${lived.get(engine.kind) ?? 0} lives`);
      return { [row]: sums.reduce((sum, [, megabytes]) => sum + megabytes, 0) };
    });
  },
};

/** So many lives, a few at a time; peers stop when their time is over, and the table says how many they had. */
async function liveMany(bench: Bench, engine: Engine, lived: Lived): Promise<void> {
  const { lives, livesLimitMs } = bench.sizes;
  const end = performance.now() + livesLimitMs;
  await inParallel(
    Array.from({ length: lives }, (_, at) => at),
    { atOnce },
    async () => {
      if (engine.kind !== "berth" && performance.now() > end) return;
      await liveOnce(engine, "none");
      const count = (lived.get(engine.kind) ?? 0) + 1;
      lived.set(engine.kind, count);
      bench.say(`${engine.kind}: ${count} of ${lives} lives`);
    },
  );
}
