import { stockCli } from "../engines/open.ts";
import type { Engine } from "../engines/engine.ts";
import { commandEnvironment } from "../kit/command.ts";
import { createContainer, removeContainer, startContainer } from "../kit/containers.ts";
import { interleave } from "../kit/interleave.ts";
import { within } from "../kit/within.ts";
import type { Measurement } from "../measurement.ts";

const follow = "logs-follow";
const attach = "logs-attach";
const container = "writer";
const text = "a line of the kind that programs write into their logs, with a number or two: 0123456789";

/** How fast lines come from a container that writes as fast as it can to somebody who reads as fast as they can. */
export const logs: Measurement = {
  word: "logs",
  about: "lines of a container that writes as fast as it can, read by logs -f and by attach of the stock CLI",
  rows: ({ logMegabytes }) => [
    { key: follow, title: `${logMegabytes} MB of lines through \`logs -f\`, stock CLI`, unit: "MB/s", better: "more" },
    { key: attach, title: `${logMegabytes} MB of lines through \`attach\`, stock CLI`, unit: "MB/s", better: "more" },
  ],
  measure: async (bench) => {
    const { logMegabytes, logRounds } = bench.sizes;
    for (const [row, command] of [
      [follow, ["logs", "-f", container]],
      [attach, ["attach", "--no-stdin", container]],
    ] as const) {
      await interleave(bench, { rows: [row], rounds: logRounds }, async (engine) => ({
        [row]: await throughput(engine, command, logMegabytes),
      }));
    }
  },
};

/**
 * Lets a container write when the command reads, and takes the time until the last byte has come. The container stays until then: whether a
 * reader is shown the end of a container that has just ended is another question.
 * @returns MB/s
 */
async function throughput(engine: Engine, command: readonly string[], megabytes: number): Promise<number> {
  await removeContainer(engine, container);
  const bytes = Math.floor((megabytes * 1_000_000) / (text.length + 1)) * (text.length + 1);
  const id = await createContainer(engine, {
    name: container,
    // Says "ready" as often as it is asked to, until it shall go on.
    command: ["sh", "-c", `while read word && [ "$word" = ready ]; do echo ready; done; yes '${text}' | head -c ${bytes}; read end`],
    network: "none",
    more: { OpenStdin: true, AttachStdin: true },
  });
  await startContainer(engine, id);
  const stdin = await engine.api.hijack(`/containers/${id}/attach?stream=1&stdin=1`);
  if (stdin.status !== 101 && stdin.status !== 200) throw new Error(`attach to stdin: ${stdin.head}`);
  const script = `"$@" | { head -c 6; head -c ${bytes} | wc -c; }`;
  const reader = Bun.spawn(["sh", "-c", script, "sh", stockCli(), "-H", `unix://${engine.socket}`, ...command], {
    stdin: "ignore",
    stdout: "pipe",
    stderr: "pipe",
    env: commandEnvironment(),
  });
  const output = reader.stdout.getReader();
  const ask = setInterval(() => stdin.write("ready\n"), 50);
  try {
    await within(60_000, `${command[0]} is not connected`, output.read());
    clearInterval(ask);
    const began = performance.now();
    stdin.write("go\n");
    const count = await within(90_000, `the ${megabytes} MB have not come`, output.read());
    const ms = performance.now() - began;
    const came = count.value === undefined ? "nothing" : Buffer.from(count.value).toString().trim();
    if (came !== String(bytes)) throw new Error(`${came} bytes came of ${bytes}; ${(await new Response(reader.stderr).text()).trim()}`);
    return bytes / 1_000_000 / (ms / 1000);
  } finally {
    clearInterval(ask);
    stdin.close();
    await removeContainer(engine, id);
    reader.kill("SIGKILL");
  }
}
