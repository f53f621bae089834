import { fail } from "@berth/base";
import { StartError } from "@berth/runtime";
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

/**
 * Starts an exec. Attached, a program that does not start is told in the stream; detached, thrown.
 * Throws not-found, conflict (has run, runs, container stopped or paused).
 */
export async function startExec(core: Core, id: string, options: StartOptions): Promise<AttachSession | null> {
  const exec = core.execs.need(id);
  if (exec.life.status === "ended") throw fail("conflict", `Error: Exec command ${id} has already run`);
  if (exec.life.status !== "created") throw fail("conflict", `Error: Exec command ${id} is already running`);
  const record = core.records.need(exec.containerId);
  refuseUnlessRunning(record, record.id);
  const detachKeys = parseDetachKeys(exec.request.DetachKeys ?? null);
  core.execs.set(id, { status: "starting" });
  emitContainerEvent(core, record, `exec_start: ${commandLine(exec.request.Cmd ?? [])}`, { execID: id });
  try {
    const session = await run(core, { exec, record, options, detachKeys });
    return session;
  } catch (error) {
    const failure = startFailure(error);
    // What fails before the runtime is asked (an unknown user) counts as not executable, as in Docker.
    const exitCode = error instanceof StartError ? failure.exitCode : 126;
    core.execs.end(id, { exitCode, pid: 0 });
    emitContainerEvent(core, record, "exec_die", { execID: id, exitCode: String(exitCode) });
    if (options.detach) throw fail(failure.kind, failure.message, error);
    return failedSession(failure.message, exec.request.Tty ?? false);
  }
}

async function run(
  core: Core,
  parts: {
    readonly exec: ExecRecord;
    readonly record: ContainerRecord;
    readonly options: StartOptions;
    readonly detachKeys: readonly number[];
  },
): Promise<AttachSession | null> {
  const { exec, record, options } = parts;
  const { request, id } = exec;
  const attached = !options.detach;
  const running = await core.steps.run("exec.start", () =>
    core.runtime.exec({
      containerId: record.id,
      execId: id,
      process: execProcess(core, record, request),
      attachStdin: attached && (request.AttachStdin ?? false),
      attachOutput: attached && ((request.AttachStdout ?? false) || (request.AttachStderr ?? false)),
      consoleSize: options.consoleSize ?? request.ConsoleSize ?? null,
    }),
  );
  core.execs.set(id, { status: "running", process: running });
  void running.exited.then(
    (exitCode) => ended(core, exec, { exitCode, pid: running.pid }),
    (error: unknown) => {
      core.log.warn("an exec's end was not seen", { id, error });
      ended(core, exec, { exitCode: 137, pid: running.pid });
    },
  );
  if (!attached) {
    // Nobody reads: what it writes is thrown away, and never stops it.
    void drain(running.session.output);
    running.session.closeInput();
    return null;
  }
  return new ExecSession({
    session: running.session,
    detachKeys: parts.detachKeys,
    stdout: request.AttachStdout ?? false,
    stderr: request.AttachStderr ?? false,
    onDetach: () => emitContainerEvent(core, record, "exec_detach", { execID: id }),
  });
}

function ended(core: Core, exec: ExecRecord, outcome: { readonly exitCode: number; readonly pid: number }): void {
  core.execs.end(exec.id, outcome);
  const record = core.records.get(exec.containerId);
  if (record !== null) emitContainerEvent(core, record, "exec_die", { execID: exec.id, exitCode: String(outcome.exitCode) });
}

async function drain(output: AsyncIterable<unknown>): Promise<void> {
  try {
    for await (const _chunk of output);
  } catch {
    // The process has ended with its streams; its exit code tells the rest.
  }
}
