import { stockCli } from "../engines/open.ts";
import type { Engine } from "../engines/engine.ts";
import { timeCommand } from "../kit/command.ts";
import { createContainer, removeContainer, startContainer } from "../kit/containers.ts";
import { interleave } from "../kit/interleave.ts";
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
      [follow, `"$@" logs -f ${container} | wc -c`],
      // The writer waits for a line: nothing is written before somebody reads.
      [attach, `echo go | "$@" attach ${container} | wc -c`],
    ] as const) {
      await interleave(bench, { rows: [row], rounds: logRounds }, async (engine) => ({
        [row]: await throughput(engine, { command, waits: row === attach, megabytes: logMegabytes }),
      }));
    }
  },
};

/** Lets a container write and the command read. @returns MB/s; throws when a byte is missing */
async function throughput(
  engine: Engine,
  plan: { readonly command: string; readonly waits: boolean; readonly megabytes: number },
): Promise<number> {
  await removeContainer(engine, container);
  const bytes = Math.floor((plan.megabytes * 1_000_000) / (text.length + 1)) * (text.length + 1);
  const write = `yes '${text}' | head -c ${bytes}`;
  const id = await createContainer(engine, {
    name: container,
    command: ["sh", "-c", plan.waits ? `read line; ${write}` : write],
    network: "none",
    more: plan.waits ? { OpenStdin: true, StdinOnce: true, AttachStdin: true, AttachStdout: true } : {},
  });
  await startContainer(engine, id);
  const { ms, stdout } = await timeCommand(["sh", "-c", plan.command, "sh", stockCli(), "-H", `unix://${engine.socket}`]);
  if (Number(stdout) !== bytes) throw new Error(`${stdout.trim()} bytes came of ${bytes}`);
  await removeContainer(engine, id);
  return bytes / 1_000_000 / (ms / 1000);
}
