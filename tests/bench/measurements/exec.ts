import { stockCommand } from "../kit/command.ts";
import { ensureSleeper } from "../kit/containers.ts";
import { interleave, prepare } from "../kit/interleave.ts";
import { rawPost } from "../kit/raw.ts";
import { timeMs } from "../kit/statistics.ts";
import type { Engine } from "../engines/engine.ts";
import type { Measurement } from "../measurement.ts";

const api = "exec-api";
const cli = "exec-cli";
const container = "exec-target";

/** `exec true` in a running container, by API on raw sockets and by the stock CLI. */
export const exec: Measurement = {
  word: "exec",
  about: "exec true in a running container, by API on raw sockets and by the stock CLI",
  rows: () => [
    { key: api, title: "`exec true`, by API on a raw socket", unit: "ms", better: "less", goal: { partOfDocker: 0.25 } },
    { key: cli, title: "`exec true`, stock CLI", unit: "ms", better: "less", goal: { partOfDocker: 0.6 } },
  ],
  measure: async (bench) => {
    const ready = await prepare(bench, [api, cli], (engine) => ensureSleeper(engine, container, "bridge"));
    const { rounds, warmUps } = bench.sizes;
    await interleave(ready, { rows: [api], rounds, warmUps }, async (engine) => ({ [api]: await timeMs(() => execOnce(engine)) }));
    await interleave(ready, { rows: [cli], rounds, warmUps }, async (engine) => ({
      [cli]: await stockCommand(engine, "exec", container, "true"),
    }));
  },
};

/** Creates and starts an exec, and reads its stream to the end. */
async function execOnce(engine: Engine): Promise<void> {
  const created = await rawPost(engine.api, `/containers/${container}/exec`, { Cmd: ["true"], AttachStdout: true, AttachStderr: true });
  if (created.status !== 201) throw new Error(`create an exec: ${created.status} ${created.body}`);
  const { Id } = JSON.parse(created.body) as { Id: string };
  const stream = await engine.api.hijack(`/exec/${Id}/start`, { body: { Detach: false, Tty: false } });
  if (stream.status !== 101 && stream.status !== 200) throw new Error(`start an exec: ${stream.head}`);
  await stream.rest();
}
