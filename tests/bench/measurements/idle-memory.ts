import { growCrowd, liveOnce } from "../kit/containers.ts";
import { interleave, prepare } from "../kit/interleave.ts";
import { availableMegabytes, pssMegabytes } from "../kit/processes.ts";
import { inParallel } from "../kit/within.ts";
import type { Measurement } from "../measurement.ts";

const pss = "idle-pss";
const available = "idle-available";

/** What containers that only sleep take of the machine's memory: one engine after the other, so that MemAvailable speaks of one only. */
export const idleMemory: Measurement = {
  word: "idle",
  about: "memory that idle containers on the bridge take: growth of the PSS of daemon, helpers and containers, and MemAvailable",
  // Engines that have held many containers before would give them what they have not returned.
  fresh: true,
  rows: ({ idle }) => [
    { key: pss, title: `memory of ${idle} idle containers, PSS`, unit: "MB", better: "less", goal: { partOfDocker: 0.2 } },
    { key: available, title: `the same, MemAvailable less than before`, unit: "MB", better: "less", goal: { partOfDocker: 0.2 } },
  ],
  measure: async (bench) => {
    const { idle, settleMs } = bench.sizes;
    // What a daemon needs for its first containers it needs once.
    const first = Array.from({ length: Math.ceil(idle / 2) }, (_, at) => at);
    const ready = await prepare(bench, [pss, available], (engine) => inParallel(first, { atOnce: 4 }, () => liveOnce(engine, "bridge")));
    await interleave(ready, { rows: [pss, available], rounds: 1 }, async (engine) => {
      await Bun.sleep(settleMs);
      const before = { pss: pssMegabytes(engine.sandbox), available: availableMegabytes() };
      await growCrowd(engine, idle, bench.say);
      await Bun.sleep(settleMs);
      const after = { pss: pssMegabytes(engine.sandbox), available: availableMegabytes() };
      const growth = Object.entries(after.pss).map(([program, megabytes]) => [program, megabytes - (before.pss[program] ?? 0)] as const);
      bench.sheet.note(pss, engine.kind, growth.map(([program, megabytes]) => `${program} ${megabytes.toFixed(1)}`).join(", "));
      return { [pss]: growth.reduce((sum, [, megabytes]) => sum + megabytes, 0), [available]: before.available - after.available };
    });
  },
};
