import { liveOnce } from "../kit/containers.ts";
import { interleave } from "../kit/interleave.ts";
import { timeMs } from "../kit/statistics.ts";
import type { Measurement } from "../measurement.ts";

const row = "burst";

/** Several whole lives at once. */
export const burst: Measurement = {
  word: "burst",
  about: "several containers created, started and waited for at once by API, on the bridge",
  rows: ({ burst: number }) => [
    { key: row, title: `${number} starts at once, by API`, unit: "ms", better: "less", goal: { partOfDocker: 0.25 } },
  ],
  measure: (bench) =>
    interleave(bench, { rows: [row], rounds: bench.sizes.burstRounds }, async (engine) => ({
      [row]: await timeMs(() => Promise.all(Array.from({ length: bench.sizes.burst }, () => liveOnce(engine, "bridge")))),
    })),
};
