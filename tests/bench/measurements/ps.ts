import { stockCommand } from "../kit/command.ts";
import { createContainer, growCrowd } from "../kit/containers.ts";
import { interleave, prepare } from "../kit/interleave.ts";
import { inParallel } from "../kit/within.ts";
import type { Engine } from "../engines/engine.ts";
import type { Measurement } from "../measurement.ts";

const few = "ps-few";
const many = "ps-many";
const atOnce = 8;

/** `ps` of the stock CLI with many containers running, and `ps -a` with more that have only been created. */
export const ps: Measurement = {
  word: "ps",
  about: "ps by the stock CLI with many running containers, and ps -a with many more that were only created",
  rows: ({ psFew, psMany }) => [
    { key: few, title: `\`ps\` of ${psFew} running containers, stock CLI`, unit: "ms", better: "less" },
    { key: many, title: `\`ps -a\` of ${psMany} containers, stock CLI`, unit: "ms", better: "less" },
  ],
  measure: async (bench) => {
    const { rounds, warmUps, psFew, psMany } = bench.sizes;
    const running = await prepare(bench, [few, many], (engine) => growCrowd(engine, psFew, bench.say));
    await interleave(running, { rows: [few], rounds, warmUps }, async (engine) => ({ [few]: await stockCommand(engine, "ps") }));
    const all = await prepare(running, [many], (engine) => createUntil(engine, psMany, bench.say));
    await interleave(all, { rows: [many], rounds, warmUps }, async (engine) => ({ [many]: await stockCommand(engine, "ps", "-a") }));
  },
};

/** Creates containers until the engine lists `number`; `say` is told how far it is. */
async function createUntil(engine: Engine, number: number, say: (text: string) => void): Promise<void> {
  const count = async (): Promise<number> => (await engine.api.get("/containers/json?all=1")).json<unknown[]>().length;
  const names = Array.from({ length: Math.max(0, number - (await count())) }, (_, at) => `created-${at}`);
  const onDone = (done: number): void => say(`${engine.kind}: ${number - names.length + done} of ${number} containers are there`);
  await inParallel(names, { atOnce, onDone }, (name) => createContainer(engine, { name, command: ["true"], network: "none" }));
  const there = await count();
  if (there !== number) throw new Error(`there are ${there} containers, not ${number}`);
}
