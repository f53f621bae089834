import { messageOf } from "@berth/base";
import type { WaitResult } from "@berth/client";
import { attachContainer, killContainer, resizeContainer, startContainer, waitContainer } from "@berth/client";
import type { ContainerCreateRequest } from "@berth/spec";
import { UsageError } from "../args/flag.ts";
import type { Parsed } from "../args/parse.ts";
import type { Command, Context } from "../command.ts";
import { parseDetachKeys } from "../stream/detach-keys.ts";
import { followSize } from "../stream/resize.ts";
import { runSession } from "../stream/session.ts";
import { forwardSignals } from "../stream/signals.ts";
import { checkTerminal } from "../stream/terminal.ts";
import { createFromArgs, refusedCode, requestFromArgs, startFailureCode } from "./create-container.ts";
import { containerFlags, inGroup } from "./options/flags.ts";
import type { Replacement } from "./replace/replacement.ts";

const runFlags = inGroup("Start and end", [
  { name: "detach", short: "d", type: "bool", help: "Show the id and leave it running in the background" },
  { name: "detach-keys", type: "string", help: "Keys that leave it running; else ctrl-p,ctrl-q" },
  {
    name: "replace",
    type: "bool",
    help: "Take the place of the container with this --name, which comes back if the new one cannot start",
  },
  { name: "sig-proxy", type: "bool", help: "Pass signals, e.g. ctrl-c, on to it", fallback: "true" },
]);

/** `berth run`. */
export const command: Command = {
  usage: "[OPTIONS] IMAGE [COMMAND] [ARG...]",
  about:
    "Without -d your terminal is connected with it until it ends, and its exit code becomes that of berth; with -d its id is shown and it goes on in the background. What it is made of cannot all be changed later; 'berth update' says what can.",
  flags: [...containerFlags, ...runFlags],
  examples: [
    { line: "berth run --rm -it busybox sh", does: "A shell in a new container that is deleted when you leave it" },
    {
      line: "berth run -d --name web -p 8080:80 -v ./site:/srv busybox httpd -fh /srv",
      does: "Serve a folder of this machine on port 8080, in the background",
    },
    {
      line: "berth run --rm -e GREETING=hello busybox sh -c 'echo $GREETING'",
      does: "Hand in a variable and see what the program makes of it",
    },
    {
      line: "berth run --rm --memory 64m --cpus 0.5 --read-only busybox touch /x",
      does: "Set bounds: memory, processors, and no writing",
      code: 1,
    },
    {
      line: "berth run -d --name db --restart unless-stopped busybox sleep 1d",
      does: "Start it again whenever it ends, also after a reboot",
    },
    {
      line: "berth run -d --replace --name db --memory 64m busybox sleep 2d",
      does: "The same again with other settings; if it cannot start, the old one stays",
    },
  ],
  exitCodes: [
    ["125", "berth or the engine refused, and no program was started"],
    ["126", "the program is in the image but cannot be executed"],
    ["127", "the program is not in the image"],
    ["other", "what the container ended with; 128 + N when signal N ended it"],
  ],
  seeAlso: ["create", "start", "exec", "logs", "stop", "rm", "update"],
  min: 1,
  interspersed: false,
  failureCode: startFailureCode,
  run: async (context, parsed) => {
    const body = requestFromArgs(parsed);
    if (parsed.bool("replace") && parsed.string("name") === "") throw new UsageError("--replace needs a --name");
    return parsed.bool("detach") ? runDetached(context, parsed, body) : runAttached(context, parsed, body);
  },
};

async function runDetached(context: Context, parsed: Parsed, body: ContainerCreateRequest): Promise<number> {
  if (parsed.list("attach").length > 0) throw new Error("conflicting options: cannot specify both --attach and --detach");
  const quiet = { AttachStdin: false, AttachStdout: false, AttachStderr: false, StdinOnce: false };
  const replacement = await replacementOf(context, parsed);
  const id = await createFromArgs(context, parsed, { ...body, ...quiet }, replacement?.name);
  await replacement?.takeOver(id);
  const printed = replacement === null ? context.stdout.write(`${id}\n`) : undefined;
  await startReplacing(context, { id, replacement });
  await (printed ?? context.stdout.write(`${id}\n`));
  return 0;
}

/** What `--replace` has to do, if anything. */
async function replacementOf(context: Context, parsed: Parsed): Promise<Replacement | null> {
  if (!parsed.bool("replace")) return null;
  const { planReplacement } = await import("./replace/replacement.ts");
  return planReplacement(context, parsed.string("name").replace(/^\//, ""));
}

async function startReplacing(
  { engine }: Context,
  { id, replacement }: { readonly id: string; readonly replacement: Replacement | null },
): Promise<void> {
  try {
    await startContainer(engine, id);
  } catch (error) {
    if (replacement === null) throw error;
    await replacement.giveBack(id, error);
  }
  await replacement?.finish();
}

async function runAttached(context: Context, parsed: Parsed, body: ContainerCreateRequest): Promise<number> {
  const { engine, stdout, stderr } = context;
  const { AttachStdin: stdin = false, AttachStdout: out = false, AttachStderr: err = false, Tty: tty = false } = body;
  checkTerminal(stdin, tty);
  const detachKeys = parsed.string("detach-keys") || (context.config.detachKeys ?? "");
  parseDetachKeys(detachKeys);
  const replacement = await replacementOf(context, parsed);
  const id = await createFromArgs(context, parsed, body, replacement?.name);
  await replacement?.takeOver(id);
  const stopForwarding = parsed.bool("sig-proxy") ? forwardSignals((signal) => killContainer(engine, id, signal)) : () => undefined;
  let stopFollowing = (): void => undefined;
  try {
    // Both before the start: no byte of output and no exit may be missed.
    const stream = await attachContainer(engine, id, { stdin, stdout: out, stderr: err, detachKeys });
    const removed = parsed.bool("rm");
    const { result } = await waitContainer(engine, id, { condition: removed ? "removed" : "next-exit" });
    const session = runSession({ stream, tty, stdin, stdout, stderr, detachKeys });
    // A failed start ends the session too; its reason is the start's.
    session.catch(() => undefined);
    try {
      await startReplacing(context, { id, replacement });
    } catch (error) {
      stream.close();
      await session.catch(() => undefined);
      if (removed) await result.catch(() => undefined);
      throw error;
    }
    if (tty && stdout.isTerminal) stopFollowing = followSize(stdout, (size) => resizeContainer(engine, id, size));
    if ((await session) === "detached") return 0;
    return await exitCodeOf(context, result);
  } finally {
    stopFollowing();
    stopForwarding();
  }
}

/** The container's exit code; 125 when the engine cannot tell it. */
export async function exitCodeOf(context: Context, result: Promise<WaitResult>): Promise<number> {
  try {
    const { statusCode, error } = await result;
    if (error === undefined) return statusCode;
    await context.stderr.write(`berth: error waiting for container: ${error}\n`);
  } catch (error) {
    await context.stderr.write(`berth: error waiting for container: ${messageOf(error)}\n`);
  }
  return refusedCode;
}
