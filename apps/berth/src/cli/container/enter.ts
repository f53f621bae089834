import { kindOf, messageOf } from "@berth/base";
import type { Connection } from "@berth/client";
import { createExec, inspectContainer } from "@berth/client";
import type { ContainerInspect, ExecCreateRequest } from "@berth/spec";
import type { Command } from "../command.ts";
import { StatusError } from "../status.ts";
import { parseDetachKeys } from "../stream/detach-keys.ts";
import { runAttachedExec } from "./exec.ts";
import { envVariable } from "./options/checks.ts";
import { readKeyValues } from "./options/key-values.ts";

/** What stands in for the engine's own choice where the engine is no Berth: the best shell that the container finds. */
const bestShell = ["sh", "-c", "for each in bash ash; do command -v $each >/dev/null 2>&1 && exec $each; done; exec sh"];

/** `berth enter`. */
export const command: Command = {
  usage: "[OPTIONS] CONTAINER [COMMAND] [ARG...]",
  about:
    "As root unless told otherwise, with a terminal when you sit at one, in the best shell the container has (bash, ash, sh). A container without a shell is lent one for as long as you stay. Closing the terminal ends the shell; the container never notices.",
  flags: [
    { name: "detach-keys", type: "string", help: "Keys that leave it running; else ctrl-p,ctrl-q" },
    { name: "env", short: "e", type: "list", values: "variable", help: "Variable, NAME=VALUE; NAME alone takes yours", check: envVariable },
    { name: "no-tty", short: "T", type: "bool", help: "No terminal, although you sit at one" },
    { name: "privileged", type: "bool", help: "Lift all protection from what you run" },
    { name: "user", short: "u", type: "string", help: "Enter as USER[:GROUP], names or numbers; else as root" },
    { name: "workdir", short: "w", type: "string", help: "Folder inside to start in; else the container's own" },
  ],
  examples: [
    { line: "berth enter web ps", does: "Run one command as root inside" },
    { line: "echo 'id -un; ls /home' | berth enter web", does: "Let the container's shell read commands from a pipe" },
    { line: "berth enter web", does: "A shell on your terminal; 'exit' or ctrl-d leaves, the container goes on" },
    { line: "berth enter -u 1000 -w /tmp web id -u", does: "As somebody else, in another folder" },
  ],
  exitCodes: [
    ["126", "the command cannot be run, or there is no such user"],
    ["127", "the command is not there"],
    ["other", "what the shell or the command ended with"],
  ],
  seeAlso: ["exec", "attach", "cp"],
  offers: "running-container",
  min: 1,
  interspersed: false,
  run: async (context, parsed) => {
    const [name = "", ...words] = parsed.args;
    const { engine, stdout } = context;
    const detachKeys = parsed.string("detach-keys") || (context.config.detachKeys ?? "");
    parseDetachKeys(detachKeys);
    const environment = readKeyValues([], parsed.list("env"), true);
    refuseUnlessRunning(name, await inspectContainer(engine, name));
    const tty = !parsed.bool("no-tty") && process.stdin.isTTY === true && stdout.isTerminal;
    const size = tty ? stdout.size() : undefined;
    const consoleSize: [number, number] | undefined = size === undefined ? undefined : [size.rows, size.columns];
    const request: ExecCreateRequest = {
      User: parsed.string("user") || "0",
      Privileged: parsed.bool("privileged"),
      Tty: tty,
      ...(consoleSize === undefined ? {} : { ConsoleSize: consoleSize }),
      AttachStdin: true,
      AttachStderr: true,
      AttachStdout: true,
      DetachKeys: detachKeys,
      Env: environment.length > 0 ? environment : null,
      WorkingDir: parsed.string("workdir"),
      Cmd: words,
      Enter: true,
      AttachedOnly: tty,
    };
    const id = await createEntering(engine, name, request);
    const start = { tty, ...(consoleSize === undefined ? {} : { consoleSize }) };
    return runAttachedExec({ context, id, start, stdin: true, detachKeys, attachedOnly: tty, tellsDetach: tty });
  },
};

async function createEntering(engine: Connection, name: string, request: ExecCreateRequest): Promise<string> {
  try {
    return await createExec(engine, name, request);
  } catch (error) {
    // An engine that does not know of entering wants a command.
    if (kindOf(error) !== "invalid" || messageOf(error) !== "No exec command specified") throw error;
    return createExec(engine, name, { ...request, Cmd: bestShell });
  }
}

function refuseUnlessRunning(name: string, { State: state }: ContainerInspect): void {
  if (state.Paused)
    throw new StatusError(1, `container ${name} is paused, and so would be whoever enters it\nLet it go on with 'berth unpause ${name}'.`);
  if (state.Restarting)
    throw new StatusError(
      1,
      `container ${name} is about to be restarted\nTry again when it runs; 'berth logs ${name}' may say why it ends.`,
    );
  if (state.Running) return;
  throw new StatusError(
    1,
    `container ${name} does not run: there is nothing to enter\nStart it with 'berth start ${name}'; look at its files with 'berth cp' or 'berth diff'.`,
  );
}
