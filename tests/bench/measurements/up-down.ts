import { removeContainer, startSleeper } from "../kit/containers.ts";
import { interleave } from "../kit/interleave.ts";
import { timeMs } from "../kit/statistics.ts";
import { inParallel, type Lanes } from "../kit/within.ts";
import type { Measurement } from "../measurement.ts";

const atOnce = 8;

/** Many containers that stay, brought up and taken down, some at a time. */
export const upDown: Measurement = {
  word: "updown",
  about: "many containers on the bridge brought up (create and start) and taken down (remove by force), 8 requests at a time",
  rows: ({ upDown: number }) => [
    { key: "up", title: `${number} containers up, by API`, unit: "ms", better: "less", goal: { partOfDocker: 0.25 } },
    { key: "down", title: `${number} containers down, by API`, unit: "ms", better: "less", goal: { partOfDocker: 0.25 } },
  ],
  measure: (bench) =>
    interleave(bench, { rows: ["up", "down"], rounds: 1 }, async (engine) => {
      const names = Array.from({ length: bench.sizes.upDown }, (_, at) => `up-${at}`);
      const lanes = (what: string): Lanes => ({
        atOnce,
        onDone: (done) => bench.say(`${engine.kind}: ${done} of ${names.length} ${what}`),
      });
      const up = await timeMs(() => inParallel(names, lanes("up"), (name) => startSleeper(engine, name, "bridge")));
      const down = await timeMs(() => inParallel(names, lanes("down"), (name) => removeContainer(engine, name)));
      return { up, down };
    }),
};
