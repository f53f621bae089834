import { interleave } from "../kit/interleave.ts";
import { runFlags, stockCommand } from "../kit/command.ts";
import type { Measurement } from "../measurement.ts";

/** `run --rm busybox true` of the stock CLI, on the bridge and without a network. */
export const run: Measurement = {
  word: "run",
  about: "run --rm busybox true by the stock CLI, on the bridge and without a network",
  rows: () => [
    { key: "run-bridge", title: "`run --rm busybox true`, stock CLI", unit: "ms", better: "less", goal: { partOfDocker: 0.2 } },
    { key: "run-none", title: "the same with `--network none`", unit: "ms", better: "less" },
  ],
  measure: async (bench) => {
    const { rounds, warmUps } = bench.sizes;
    for (const network of ["bridge", "none"] as const) {
      const row = `run-${network}`;
      await interleave(bench, { rows: [row], rounds, warmUps }, async (engine) => ({
        [row]: await stockCommand(engine, ...runFlags(engine), "--network", network, "busybox", "true"),
      }));
    }
  },
};
