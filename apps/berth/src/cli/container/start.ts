import { attachContainer, inspectContainer, killContainer, resizeContainer, startContainer, waitContainer } from "@berth/client";
import type { Parsed } from "../args/parse.ts";
import { folderFlag } from "../checkpoint/flags.ts";
import type { Command, Context } from "../command.ts";
import { StatusError } from "../status.ts";
import { parseDetachKeys } from "../stream/detach-keys.ts";
import { followSize } from "../stream/resize.ts";
import { runSession } from "../stream/session.ts";
import { forwardSignals } from "../stream/signals.ts";
import { checkTerminal } from "../stream/terminal.ts";
import { exitCodeOf } from "./run.ts";

/** `berth start`. */
export const command: Command = {
  usage: "[OPTIONS] CONTAINER [CONTAINER...]",
  about: "Starts what 'berth create' has made or what has ended, with the same settings and files. What runs already is left alone.",
  flags: [
    { name: "attach", short: "a", type: "bool", help: "Show its output here until it ends" },
    { name: "checkpoint", type: "string", help: "Go on from this checkpoint (experimental)" },
    folderFlag,
    { name: "detach-keys", type: "string", help: "Keys that leave it running; else ctrl-p,ctrl-q" },
    { name: "interactive", short: "i", type: "bool", help: "Feed your input to it" },
  ],
  examples: [
    { line: "berth stop web && berth start web", does: "Start it again after a stop" },
    { line: "berth create -i --name calc busybox bc", does: "A container that reads its input" },
    { line: "echo '6 * 7' | berth start -ai calc", does: "Start it, feed it and show its output here" },
    { line: "berth start --checkpoint before-update count", does: "Go on from a checkpoint" },
  ],
  exitCodes: [
    ["0", "all of them run; with -a or -i: it ended with 0"],
    ["1", "one of them could not be started"],
    ["other", "with -a or -i: what the container ended with"],
  ],
  seeAlso: ["create", "run", "stop", "attach"],
  offers: "stopped-container",
  min: 1,
  run: (context, parsed) =>
    parsed.bool("attach") || parsed.bool("interactive") ? startAttached(context, parsed) : startAll(context, parsed),
};

/** Where they go on, when not at their beginning. */
function origin(parsed: Parsed): { readonly checkpoint: string; readonly checkpointFolder: string } {
  return { checkpoint: parsed.string("checkpoint"), checkpointFolder: parsed.string("checkpoint-dir") };
}

async function startAll(context: Context, parsed: Parsed): Promise<number> {
  const names = parsed.args;
  if (names.length > 1 && parsed.has("checkpoint")) throw new StatusError(1, "you cannot restore multiple containers at once");
  const failed: string[] = [];
  for (const name of names) {
    try {
      await startContainer(context.engine, name, origin(parsed));
      await context.stdout.write(`${name}\n`);
    } catch (error) {
      const { reportOne } = await import("../report.ts");
      await reportOne(error, context.stderr);
      failed.push(name);
    }
  }
  if (failed.length === 0) return 0;
  throw new StatusError(1, `failed to start containers: ${failed.join(", ")}`);
}

async function startAttached(context: Context, parsed: Parsed): Promise<number> {
  if (parsed.args.length > 1) throw new StatusError(1, "you cannot start and attach multiple containers at once");
  const { engine, stdout, stderr } = context;
  const detachKeys = parsed.string("detach-keys") || (context.config.detachKeys ?? "");
  parseDetachKeys(detachKeys);
  const container = await inspectContainer(engine, parsed.arg(0));
  const tty = container.Config.Tty;
  const stdin = parsed.bool("interactive") && container.Config.OpenStdin;
  checkTerminal(stdin, tty);
  const stopForwarding = tty ? () => undefined : forwardSignals((signal) => killContainer(engine, container.Id, signal));
  let stopFollowing = (): void => undefined;
  try {
    const stream = await attachContainer(engine, container.Id, { stdin, stdout: true, stderr: true, detachKeys });
    const condition = container.HostConfig.AutoRemove ? "removed" : "next-exit";
    const { result } = await waitContainer(engine, container.Id, { condition });
    const session = runSession({ stream, tty, stdin, stdout, stderr, detachKeys });
    session.catch(() => undefined);
    try {
      await startContainer(engine, container.Id, origin(parsed));
    } catch (error) {
      stream.close();
      await session.catch(() => undefined);
      throw error;
    }
    if (tty && stdout.isTerminal) stopFollowing = followSize(stdout, (size) => resizeContainer(engine, container.Id, size));
    return (await session) === "detached" ? 0 : await exitCodeOf(context, result);
  } finally {
    stopFollowing();
    stopForwarding();
  }
}
