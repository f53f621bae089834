import { attachContainer, inspectContainer, killContainer, resizeContainer, waitContainer } from "@berth/client";
import type { Command, Context } from "../command.ts";
import { StatusError } from "../status.ts";
import { parseDetachKeys } from "../stream/detach-keys.ts";
import { followSize } from "../stream/resize.ts";
import { runSession } from "../stream/session.ts";
import { forwardSignals } from "../stream/signals.ts";
import { checkTerminal } from "../stream/terminal.ts";
import { exitCodeOf } from "./run.ts";

/** `berth attach`. */
export const command: Command = {
  usage: "[OPTIONS] CONTAINER",
  about:
    "Connects with the first process of a container, as if you had started it without -d. What it has written before is not shown; 'berth logs' has it. Keys that leave: ctrl-p ctrl-q, or what --detach-keys says; without a terminal ctrl-c reaches the process.",
  flags: [
    { name: "detach-keys", type: "string", help: "Keys that leave it running; else ctrl-p,ctrl-q" },
    { name: "no-stdin", type: "bool", help: "Only watch; send no input" },
    { name: "sig-proxy", type: "bool", help: "Pass signals, e.g. ctrl-c, on to it", fallback: "true" },
  ],
  examples: [
    { line: "berth attach shell", does: "Go on in a shell that runs; ctrl-p ctrl-q leaves it running", code: 1 },
    { line: "berth attach --no-stdin web", does: "Only watch what it writes from now on" },
  ],
  exitCodes: [
    ["1", "you have left it by the keys, or it does not run"],
    ["other", "what the container ended with"],
  ],
  seeAlso: ["exec", "logs", "start"],
  offers: "running-container",
  min: 1,
  max: 1,
  run: async (context, parsed) => {
    const { engine, stdout, stderr } = context;
    const detachKeys = parsed.string("detach-keys") || (context.config.detachKeys ?? "");
    parseDetachKeys(detachKeys);
    const container = await inspectContainer(engine, parsed.arg(0));
    const { State: state, Config: config } = container;
    if (!state.Running) throw new StatusError(1, "the container does not run; 'berth start -a' starts and attaches");
    if (state.Paused) throw new StatusError(1, "the container is paused; 'berth unpause' lets it go on");
    if (state.Restarting) throw new StatusError(1, "the container is about to restart; try again when it runs");
    const stdin = !parsed.bool("no-stdin") && config.OpenStdin;
    checkTerminal(stdin, config.Tty);
    const forwards = parsed.bool("sig-proxy") && !config.Tty;
    const stopForwarding = forwards ? forwardSignals((signal) => killContainer(engine, container.Id, signal)) : () => undefined;
    let stopFollowing = (): void => undefined;
    try {
      const { result } = await waitContainer(engine, container.Id);
      const stream = await attachContainer(engine, container.Id, { stdin, stdout: true, stderr: true, detachKeys });
      if (config.Tty && stdout.isTerminal) {
        await forceRedraw(context, container.Id);
        stopFollowing = followSize(stdout, (size) => resizeContainer(engine, container.Id, size));
      }
      const end = await runSession({ stream, tty: config.Tty, stdin, stdout, stderr, detachKeys });
      if (end === "detached") throw new StatusError(1, "read escape sequence");
      return await exitCodeOf(context, result);
    } finally {
      stopFollowing();
      stopForwarding();
    }
  },
};

/** A program draws its screen again when the size changes; make sure that it does change. */
async function forceRedraw({ engine, stdout }: Context, id: string): Promise<void> {
  const size = stdout.size();
  if (size !== undefined) await resizeContainer(engine, id, { rows: size.rows + 1, columns: size.columns + 1 }).catch(() => undefined);
}
