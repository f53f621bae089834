import { attachExec, createExec, inspectContainer, inspectExec, resizeExec, startExec } from "@berth/client";
import { UsageError } from "../args/flag.ts";
import type { Command, Context } from "../command.ts";
import { StatusError } from "../status.ts";
import { parseDetachKeys } from "../stream/detach-keys.ts";
import { followSize } from "../stream/resize.ts";
import { runSession } from "../stream/session.ts";
import { checkTerminal } from "../stream/terminal.ts";
import { envVariable } from "./options/checks.ts";
import { readKeyValues } from "./options/key-values.ts";

/** `berth exec`. */
export const command: Command = {
  usage: "[OPTIONS] CONTAINER COMMAND [ARG...]",
  about:
    "The container must be running. The command gets the container's files, network, limits and rights, and ends with the container at the latest. Its exit code becomes that of berth.",
  flags: [
    { name: "attached-only", type: "bool", help: "End it, and all it started, when this client goes away" },
    { name: "detach", short: "d", type: "bool", help: "Do not wait for its end" },
    { name: "detach-keys", type: "string", help: "Keys that leave it running; else ctrl-p,ctrl-q" },
    { name: "env", short: "e", type: "list", values: "variable", help: "Variable, NAME=VALUE; NAME alone takes yours", check: envVariable },
    { name: "env-file", type: "list", values: "file", help: "Read variables from this file, one NAME=VALUE a line" },
    { name: "interactive", short: "i", type: "bool", help: "Feed your input to the command" },
    { name: "privileged", type: "bool", help: "Lift all protection from the command" },
    { name: "tty", short: "t", type: "bool", help: "Give it a terminal; with -i for shells" },
    { name: "user", short: "u", type: "string", help: "Run as USER[:GROUP], names or numbers, e.g. 1000:1000" },
    { name: "workdir", short: "w", type: "string", help: "Folder inside to start in, e.g. /srv" },
  ],
  examples: [
    { line: "berth exec web ls /", does: "Run one command and see its output" },
    { line: "berth exec -it -u ann -w /home web sh", does: "A shell in the container, as another user and in another folder" },
    { line: "echo 'a line' | berth exec -i web sh -c 'cat > /home/note'", does: "Feed it from a pipe" },
    { line: "berth exec -d web sleep 600", does: "Leave a command running in the background; 'berth exec ls' finds it" },
    { line: "berth exec --attached-only web tail -n 1 /etc/passwd", does: "End the command with this client, whatever happens to it" },
    { line: "berth exec web test -e /no/such/file", does: "The command's exit code is that of berth", code: 1 },
  ],
  exitCodes: [
    ["1", "there is no such container, or it does not run"],
    ["126", "the program is in the container but cannot be executed"],
    ["127", "the program is not in the container"],
    ["other", "what the command ended with; 128 + N when signal N ended it"],
  ],
  seeAlso: ["exec ls", "exec kill", "attach", "run"],
  offers: "running-container",
  min: 2,
  interspersed: false,
  run: async (context, parsed) => {
    const [name = "", ...words] = parsed.args;
    const { engine, stdout } = context;
    const [detach, tty] = [parsed.bool("detach"), parsed.bool("tty")];
    const stdin = !detach && parsed.bool("interactive");
    const attachedOnly = parsed.bool("attached-only");
    if (attachedOnly && detach) throw new UsageError("--attached-only and --detach contradict each other");
    const detachKeys = parsed.string("detach-keys") || (context.config.detachKeys ?? "");
    parseDetachKeys(detachKeys);
    const environment = readKeyValues(parsed.list("env-file"), parsed.list("env"), true);
    if (!detach) {
      // An unknown container is told before a wrong terminal, as in docker; without a terminal create tells it.
      if (tty && stdin) await inspectContainer(engine, name);
      checkTerminal(stdin, tty);
    }
    const size = tty ? stdout.size() : undefined;
    const consoleSize: [number, number] | undefined = size === undefined ? undefined : [size.rows, size.columns];
    const id = await createExec(engine, name, {
      User: parsed.string("user"),
      Privileged: parsed.bool("privileged"),
      Tty: tty,
      ...(consoleSize === undefined ? {} : { ConsoleSize: consoleSize }),
      AttachStdin: stdin,
      AttachStderr: !detach,
      AttachStdout: !detach,
      DetachKeys: detachKeys,
      Env: environment.length > 0 ? environment : null,
      WorkingDir: parsed.string("workdir"),
      Cmd: words,
      ...(attachedOnly ? { AttachedOnly: true } : {}),
    });
    const start = { tty, ...(consoleSize === undefined ? {} : { consoleSize }) };
    if (detach) {
      await startExec(engine, id, start);
      return 0;
    }
    return runAttachedExec({ context, id, start, stdin, detachKeys, attachedOnly });
  },
};

/** An exec to be started with our streams. */
export interface AttachedExec {
  readonly context: Context;
  readonly id: string;
  readonly start: { readonly tty: boolean; readonly consoleSize?: readonly [number, number] };
  readonly stdin: boolean;
  readonly detachKeys: string;
  readonly attachedOnly: boolean;
  /** Detach keys leave it running although it ends with its client. */
  readonly tellsDetach?: boolean;
}

/** Joins our streams with an exec's until it ends or the user leaves; gives its exit code. */
export async function runAttachedExec({
  context,
  id,
  start,
  stdin,
  detachKeys,
  attachedOnly,
  tellsDetach = false,
}: AttachedExec): Promise<number> {
  const { engine, stdout, stderr } = context;
  const stream = await attachExec(engine, id, start);
  const stopFollowing = start.tty && stdout.isTerminal ? followSize(stdout, (size) => resizeExec(engine, id, size)) : () => undefined;
  try {
    const end = await runSession({ stream, tty: start.tty, stdin, stdout, stderr, detachKeys, staysOpen: attachedOnly, tellsDetach });
    if (end === "detached") throw new StatusError(1, "read escape sequence");
  } finally {
    stopFollowing();
  }
  const { ExitCode } = await inspectExec(engine, id);
  return ExitCode ?? 0;
}
