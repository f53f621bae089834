import { kindOf } from "@berth/base";
import { waitContainer } from "@berth/client";
import type { Command, Context } from "../command.ts";

/** As timeout(1) has it. */
const timeoutCode = 124;

/** `berth wait`. */
export const command: Command = {
  usage: "[OPTIONS] CONTAINER [CONTAINER...]",
  about:
    "Without --until for the end: prints one exit code a line, and ends with 0 when all of them could be waited for, whatever they ended with. With --until it prints names (for 'stopped' exit codes), and ends with 1 when a container cannot come to that any more: it ended first, was removed, or has no health check.",
  flags: [
    { name: "timeout", type: "duration", help: "Give up after so long, e.g. 30s; else never" },
    {
      name: "until",
      type: "string",
      valueName: "state",
      values: ["running", "healthy", "unhealthy", "paused", "stopped", "removed"],
      help: "Wait until it is running, healthy, unhealthy, paused, stopped or removed",
      check: (value) => {
        if (!/^(running|(un)?healthy|paused|stopped|removed)$/.test(value)) {
          throw new Error("one of running, healthy, unhealthy, paused, stopped, removed");
        }
        return value;
      },
    },
  ],
  examples: [
    { line: "berth run -d --name build busybox sh -c 'sleep 1; exit 3'", does: "Something that takes a while" },
    { line: "berth wait build", does: "Wait for its end; its exit code is printed" },
    {
      line: "berth run -d --name fit --health-cmd true --health-interval 1s busybox top",
      does: "Something that needs a moment before it can be used",
    },
    { line: "berth wait --until healthy --timeout 60s fit", does: "Go on when it is ready" },
    { line: "berth wait --until removed --timeout 100ms fit", does: "What takes too long ends with 124", code: timeoutCode },
  ],
  exitCodes: [[String(timeoutCode), "--timeout passed first"]],
  seeAlso: ["stop", "logs", "events"],
  offers: "running-container",
  min: 1,
  run: async (context, parsed) => {
    const until = parsed.string("until");
    const ms = parsed.number("timeout") / 1e6;
    const timeout = parsed.has("timeout") ? AbortSignal.timeout(Math.max(0, Math.ceil(ms))) : new AbortController().signal;
    const results = await Promise.allSettled(
      parsed.args.map((name) => (until === "" ? waitForEnd(context, name, timeout) : waitFor(context, name, until, timeout))),
    );
    let code = 0;
    for (const [index, result] of results.entries()) {
      if (result.status === "fulfilled") {
        await context.stdout.write(`${result.value}\n`);
        continue;
      }
      const { reportOne } = await import("../report.ts");
      const late = timeout.aborted && isAbort(result.reason);
      const name = parsed.args[index] ?? "";
      const after = `within ${Number((ms / 1000).toFixed(3))}s`;
      await reportOne(
        late ? new Error(`container ${name} ${until === "" ? "did not end" : `was not ${until}`} ${after}`) : result.reason,
        context.stderr,
      );
      if (code !== 1) code = late ? timeoutCode : 1;
    }
    return code;
  },
};

function isAbort(error: unknown): boolean {
  return kindOf(error) === "cancelled" || (error instanceof Error && (error.name === "TimeoutError" || error.name === "AbortError"));
}

async function waitForEnd({ engine }: Context, name: string, signal: AbortSignal): Promise<string> {
  const { result } = await waitContainer(engine, name, { signal });
  const { statusCode, error } = await result;
  if (error !== undefined) throw new Error(error);
  return String(statusCode);
}

async function waitFor({ engine }: Context, name: string, until: string, signal: AbortSignal): Promise<string> {
  const { states, waitUntil } = await import("./wait/until.ts");
  const state = states.find((candidate) => candidate === until);
  if (state === undefined) throw new Error(`there is no state ${until}`);
  return waitUntil(engine, name, state, signal);
}
