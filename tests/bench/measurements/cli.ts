import { interleave } from "../kit/interleave.ts";
import { timeCommand } from "../kit/command.ts";
import type { Measurement } from "../measurement.ts";

const row = "cli";

/** Each engine's own command line, from its start to the first byte of `ps`. */
export const cli: Measurement = {
  word: "cli",
  about: "each engine's own command line, from start to the first output of ps",
  rows: () => [{ key: row, title: "own CLI, start to output of `ps`", unit: "ms", better: "less", goal: { partOfDocker: 0.6 } }],
  measure: (bench) =>
    interleave(bench, { rows: [row], rounds: bench.sizes.rounds, warmUps: bench.sizes.warmUps }, async (engine) => {
      const { firstOutputMs } = await timeCommand([...engine.ownCli, "ps"]);
      return { [row]: firstOutputMs };
    }),
};
