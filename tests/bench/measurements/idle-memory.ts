import { growCrowd } from "../kit/containers.ts";
import { interleave } from "../kit/interleave.ts";
import { availableMegabytes, totalPssMegabytes } from "../kit/processes.ts";
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
  measure: (bench) =>
    interleave(bench, { rows: [pss, available], rounds: 1 }, async (engine) => {
      await Bun.sleep(bench.sizes.settleMs);
      const before = { pss: totalPssMegabytes(engine.sandbox), available: availableMegabytes() };
      await growCrowd(engine, bench.sizes.idle, bench.say);
      await Bun.sleep(bench.sizes.settleMs);
      return { [pss]: totalPssMegabytes(engine.sandbox) - before.pss, [available]: before.available - availableMegabytes() };
    }),
};
