import { fail } from "@berth/base";
import { type ExecProcess, StartError } from "@berth/runtime";
import { parseDetachKeys } from "../attach/detach-keys.ts";
import { emitContainerEvent } from "../containers/events.ts";
import type { ContainerRecord } from "../containers/record.ts";
import { startFailure } from "../containers/start/failure.ts";
import type { Core } from "../core.ts";
import type { AttachSession, Execs } from "../ports.ts";
import { commandLine, refuseUnlessRunning } from "./create.ts";
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
  const detachKeys = parseDetachKeys(request.DetachKeys ?? null);
  const attached = !options.detach;
  let launched: LaunchedExec;
  try {
    launched = await launchExec(core, id, { attached, consoleSize: options.consoleSize });
  } catch (error) {
    if (options.detach) throw error;
    return failedSession(error instanceof Error ? error.message : String(error), request.Tty ?? false);
  }
  const { session } = launched.process;
  if (!attached) {
    // Nobody reads: what it writes is thrown away, and never stops it.
    void drain(session.output);
    session.closeInput();
    return null;
  }
  return new ExecSession({
    session,
    detachKeys,
    stdout: request.AttachStdout ?? false,
    stderr: request.AttachStderr ?? false,
    onDetach: () => emitContainerEvent(core, record, "exec_detach", { execID: id }),
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
  const { exec, record } = startable(core, id);
  return core.startingExecs.run(record.id, async () => {
    core.execs.set(id, { status: "starting" });
    emitContainerEvent(core, record, `exec_start: ${commandLine(exec.request.Cmd ?? [])}`, { execID: id });
    try {
      return await run(core, { exec, record, ...options });
    } catch (error) {
      const failure = startFailure(error);
      // What fails before the runtime is asked (an unknown user) counts as not executable, as in Docker.
      const exitCode = error instanceof StartError ? failure.exitCode : 126;
      core.execs.end(id, { exitCode, pid: 0 });
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
  const process = await core.steps.run("exec.start", () =>
    core.runtime.exec({
      containerId: record.id,
      execId: id,
      process: execProcess(core, record, request),
      attachStdin: attached && (request.AttachStdin ?? false),
      attachOutput: attached && ((request.AttachStdout ?? false) || (request.AttachStderr ?? false)),
      consoleSize: parts.consoleSize ?? request.ConsoleSize ?? null,
    }),
  );
  core.execs.set(id, { status: "running", process });
  const ended = process.exited.then(
    (exitCode) => noteEnd(core, exec, { exitCode, pid: process.pid }),
    (error: unknown) => {
      core.log.warn("an exec's end was not seen", { id, error });
      return noteEnd(core, exec, { exitCode: 137, pid: process.pid });
    },
  );
  return { process, ended };
}

function noteEnd(core: Core, exec: ExecRecord, outcome: { readonly exitCode: number; readonly pid: number }): number {
  core.execs.end(exec.id, outcome);
  const record = core.records.get(exec.containerId);
  if (record !== null) emitContainerEvent(core, record, "exec_die", { execID: exec.id, exitCode: String(outcome.exitCode) });
  return outcome.exitCode;
}

async function drain(output: AsyncIterable<unknown>): Promise<void> {
  try {
    for await (const _chunk of output);
  } catch {
    // The process has ended with its streams; its exit code tells the rest.
  }
}
