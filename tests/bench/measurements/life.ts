import { liveOnce } from "../kit/containers.ts";
import { interleave } from "../kit/interleave.ts";
import { timeMs } from "../kit/statistics.ts";
import type { Measurement } from "../measurement.ts";

const row = "life";

/** A container's whole life by API, without any command line between. */
export const life: Measurement = {
  word: "life",
  about: "create, start, wait until removed by API, on the bridge",
  rows: () => [{ key: row, title: "create, start, wait until removed, by API", unit: "ms", better: "less" }],
  measure: (bench) =>
    interleave(bench, { rows: [row], rounds: bench.sizes.rounds, warmUps: bench.sizes.warmUps }, async (engine) => ({
      [row]: await timeMs(() => liveOnce(engine, "bridge")),
    })),
};
