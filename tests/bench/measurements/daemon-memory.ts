import { liveOnce } from "../kit/containers.ts";
import { interleave, prepare } from "../kit/interleave.ts";
import { pssMegabytes } from "../kit/processes.ts";
import { inParallel } from "../kit/within.ts";
import type { Engine } from "../engines/engine.ts";
import type { Bench, Measurement } from "../measurement.ts";

const row = "daemon";
const atOnce = 4;

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
    const ready = await prepare(bench, [row], (engine) => liveMany(bench, engine));
    bench.say(`nothing for ${bench.sizes.quietMs / 1000} s`);
    await Bun.sleep(bench.sizes.quietMs);
    await interleave(ready, { rows: [row], rounds: 1 }, async (engine) => {
      const sums = Object.entries(pssMegabytes(engine.sandbox));
      return { [row]: sums.reduce((sum, [, megabytes]) => sum + megabytes, 0) };
    });
  },
};

/** So many lives one after the other; peers stop when their time is over, and the table says how many they had. */
async function liveMany(bench: Bench, engine: Engine): Promise<void> {
  const { lives, livesLimitMs } = bench.sizes;
  const end = performance.now() + livesLimitMs;
  let lived = 0;
  await inParallel(
    Array.from({ length: lives }, (_, at) => at),
    { atOnce },
    async () => {
      if (engine.kind !== "berth" && performance.now() > end) return;
      await liveOnce(engine, "none");
      lived++;
      bench.say(`${engine.kind}: ${lived} of ${lives} lives`);
    },
  );
  if (lived < lives) bench.sheet.note(row, engine.kind, `${lived} lives, all that ${livesLimitMs / 1000} s gave`);
}
