import { crowdNames, growCrowd } from "../kit/containers.ts";
import { interleave, prepare } from "../kit/interleave.ts";
import { engineProcessorSeconds } from "../kit/processes.ts";
import type { Engine } from "../engines/engine.ts";
import type { Measurement } from "../measurement.ts";

const row = "stats";

/** Processor time of daemon and helpers while somebody watches every container. */
export const stats: Measurement = {
  word: "stats",
  about: "processor time of daemon and helpers while stats streams of many containers",
  rows: ({ statsContainers, statsSeconds }) => [
    {
      key: row,
      title: `CPU while \`stats\` streams of ${statsContainers} containers, ${statsSeconds} s`,
      unit: "% of a core",
      better: "less",
      goal: { partOfDocker: 0.1 },
    },
  ],
  measure: async (bench) => {
    const { statsContainers, statsSeconds } = bench.sizes;
    const ready = await prepare(bench, [row], (engine) => growCrowd(engine, statsContainers, bench.say));
    await Bun.sleep(bench.sizes.settleMs);
    await interleave(ready, { rows: [row], rounds: 1 }, async (engine) => {
      const { percent, samples } = await watch(engine, crowdNames(0, statsContainers), statsSeconds);
      if (samples === 0) throw new Error("stats sent no sample");
      bench.sheet.note(row, engine.kind, sampleNote(samples, statsContainers, percent * statsSeconds * 10));
      return { [row]: percent };
    });
  },
};

/** An engine that sends fewer samples than one a second has had less to do. */
function sampleNote(samples: number, containers: number, usedMs: number): string {
  return `${(samples / containers).toFixed(1)} samples of each container, ${(usedMs / samples).toFixed(2)} ms a sample`;
}

/** Reads the streams of all for so many seconds. @returns share of one core in percent, and how many samples came */
async function watch(
  engine: Engine,
  names: readonly string[],
  lengthSeconds: number,
): Promise<{ readonly percent: number; readonly samples: number }> {
  const stop = new AbortController();
  let samples = 0;
  const streams = names.map((name) =>
    engine.api.request(`/containers/${name}/stats?stream=1`, {
      signal: stop.signal,
      onChunk: (chunk) => {
        for (const byte of chunk) if (byte === 10) samples++;
      },
    }),
  );
  const began = performance.now();
  const before = engineProcessorSeconds(engine.sandbox);
  await Bun.sleep(lengthSeconds * 1000);
  const used = engineProcessorSeconds(engine.sandbox) - before;
  const percent = (used / ((performance.now() - began) / 1000)) * 100;
  stop.abort();
  await Promise.all(streams);
  return { percent, samples };
}
