import { fail } from "@berth/base";
import { type ExecProcess, StartError } from "@berth/runtime";
import { parseDetachKeys } from "../attach/detach-keys.ts";
import { emitContainerEvent } from "../containers/events.ts";
import type { ContainerRecord } from "../containers/record.ts";
import { startFailure } from "../containers/start/failure.ts";
import { rfc3339 } from "../containers/time.ts";
import type { Core } from "../core.ts";
import type { AttachSession, Execs } from "../ports.ts";
import { commandLine, refuseUnlessRunning } from "./create.ts";
import { endAttached } from "./end-attached.ts";
import { lentShellOf } from "./enter.ts";
import { dropExec, keepExec, type KeptExec } from "./keep.ts";
import { execProcess } from "./process.ts";
import { ExecSession, failedSession } from "./session.ts";
import type { ExecRecord } from "./table.ts";

type StartOptions = Parameters<Execs["start"]>[1];

/** An exec whose program runs. */
export interface LaunchedExec {
  readonly process: ExecProcess;
  /** Its exit code, when its end has been noted and told. */
  readonly ended: Promise<number>;
}

/**
 * Starts an exec. Attached, a program that does not start is told in the stream; detached, thrown.
 * Throws not-found, conflict (has run, runs, container stopped or paused).
 */
export async function startExec(core: Core, id: string, options: StartOptions): Promise<AttachSession | null> {
  const { exec, record } = startable(core, id);
  const { request } = exec;
  const attached = !options.detach;
  const tty = request.Tty ?? false;
  const attachedOnly = request.AttachedOnly === true;
  if (attachedOnly && !attached) throw fail("invalid", `Exec command ${id} ends with its client: it cannot be started detached`);
  const detachKeys = parseDetachKeys(request.DetachKeys ?? null);
  let launched: LaunchedExec;
  try {
    launched = await launchExec(core, id, { attached, consoleSize: options.consoleSize });
  } catch (error) {
    if (options.detach) throw error;
    return failedSession(error instanceof Error ? error.message : String(error), tty);
  }
  const { session, processes } = launched.process;
  if (!attached) {
    // Nobody reads: what it writes is thrown away, and never stops it.
    void drain(session.output);
    session.closeInput();
    return null;
  }
  let leftRunning = false;
  return new ExecSession({
    session,
    detachKeys,
    stdout: request.AttachStdout ?? false,
    stderr: request.AttachStderr ?? false,
    // Over TCP a client that was killed looks like one that has nothing more to send. Only a pipe's end may be meant as one.
    closesWithInput: attachedOnly && (tty || request.AttachStdin !== true),
    watched: attachedOnly,
    onDetach: () => {
      leftRunning = request.Enter === true;
      left(core, exec);
      emitContainerEvent(core, record, "exec_detach", { execID: id });
    },
    onClose: () => {
      left(core, exec);
      if (request.Enter === true && hasEnded(core, id)) leftRunning = true;
      if (attachedOnly && !leftRunning) void endAttached(core, { id, tty }, processes);
    },
  });
}

/**
 * Lets the program of an exec run. Throws what hinders it, in Docker's words: before anything was tried (it has run, the
 * container is stopped or paused) or after, when the exec has ended by that.
 */
export async function launchExec(
  core: Core,
  id: string,
  options: { readonly attached: boolean; readonly consoleSize: readonly [number, number] | null },
): Promise<LaunchedExec> {
  const { record } = startable(core, id);
  return core.startingExecs.run(record.id, async () => {
    const { exec } = startable(core, id);
    core.execs.set(id, { status: "starting" });
    void core.cgroups.readyMoves();
    emitContainerEvent(core, record, `exec_start: ${commandLine(exec.request.Cmd ?? [])}`, { execID: id });
    try {
      return await run(core, { exec, record, ...options });
    } catch (error) {
      const failure = startFailure(error);
      // What fails before the runtime is asked (an unknown user) counts as not executable, as in Docker.
      const exitCode = error instanceof StartError ? failure.exitCode : 126;
      core.execs.end(id, { exitCode, pid: 0, endedMs: core.clock.nowMs() });
      dropExec(core, id);
      emitContainerEvent(core, record, "exec_die", { execID: id, exitCode: String(exitCode) });
      throw fail(failure.kind, failure.message, error);
    }
  });
}

function startable(core: Core, id: string): { readonly exec: ExecRecord; readonly record: ContainerRecord } {
  const exec = core.execs.need(id);
  if (exec.life.status === "ended") throw fail("conflict", `Error: Exec command ${id} has already run`);
  if (exec.life.status !== "created") throw fail("conflict", `Error: Exec command ${id} is already running`);
  const record = core.records.need(exec.containerId);
  refuseUnlessRunning(record, record.id);
  core.startingExecs.refuseHeld(record.id);
  return { exec, record };
}

async function run(
  core: Core,
  parts: {
    readonly exec: ExecRecord;
    readonly record: ContainerRecord;
    readonly attached: boolean;
    readonly consoleSize: readonly [number, number] | null;
  },
): Promise<LaunchedExec> {
  const { exec, record, attached } = parts;
  const { request, id } = exec;
  const kept: KeptExec = {
    id,
    containerId: record.id,
    createdAt: exec.createdAt,
    startedAt: rfc3339(core.clock.nowNs()),
    request,
    attached,
    pid: null,
    pidStartTime: "0",
  };
  await core.steps.run("exec.keep", () => keepExec(core, kept));
  const lentShell = lentShellOf(core, record, request);
  const process = await core.steps.run("exec.start", () =>
    core.runtime.exec({
      containerId: record.id,
      execId: id,
      process: execProcess(core, record, request),
      ...(lentShell === null ? {} : { lentShell }),
      attachStdin: attached && (request.AttachStdin ?? false),
      attachOutput: attached && ((request.AttachStdout ?? false) || (request.AttachStderr ?? false)),
      consoleSize: parts.consoleSize ?? request.ConsoleSize ?? null,
    }),
  );
  const { pid, pidStartTime } = process;
  core.execs.set(id, { status: "running", process, startedAt: kept.startedAt, attached });
  const noted = core.steps.run("exec.note", () => keepExec(core, { ...kept, pid, pidStartTime: String(pidStartTime) }));
  noted.catch((error: unknown) => core.log.warn("an exec is not known to a daemon that starts again", { id, error }));
  const ended = process.exited.then(
    (exitCode) => noteEnd(core, exec, { exitCode, pid, noted }),
    (error: unknown) => {
      core.log.warn("an exec's end was not seen", { id, error });
      return noteEnd(core, exec, { exitCode: 137, pid, noted });
    },
  );
  return { process, ended };
}

function hasEnded(core: Core, id: string): boolean {
  return core.execs.get(id)?.life.status === "ended";
}

/** Its client has gone; the program goes on. */
function left(core: Core, exec: ExecRecord): void {
  const life = core.execs.get(exec.id)?.life;
  if (life?.status === "running") core.execs.set(exec.id, { ...life, attached: false });
}

function noteEnd(
  core: Core,
  exec: ExecRecord,
  outcome: { readonly exitCode: number; readonly pid: number; readonly noted: Promise<void> },
): number {
  const { exitCode, pid, noted } = outcome;
  core.execs.end(exec.id, { exitCode, pid, endedMs: core.clock.nowMs() });
  const forget = (): void => dropExec(core, exec.id);
  void noted.then(forget, forget);
  const record = core.records.get(exec.containerId);
  if (record !== null) emitContainerEvent(core, record, "exec_die", { execID: exec.id, exitCode: String(exitCode) });
  return exitCode;
}

async function drain(output: AsyncIterable<unknown>): Promise<void> {
  try {
    for await (const _chunk of output);
  } catch {
    // The process has ended with its streams; its exit code tells the rest.
  }
}
