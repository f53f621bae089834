import { messageOf } from "@berth/base";
import { emitContainerEvent } from "../containers/events.ts";
import { isRunning } from "../containers/record.ts";
import type { Core } from "../core.ts";
import { endAttached } from "./end-attached.ts";
import { dropExec, type KeptExec, keptExecs } from "./keep.ts";

/** The runtime's exit code went with the daemon that was its parent. */
const lostExitCode = 255;
const watchMs = 500;

/**
 * Takes over the execs that run on after the daemon ended, as containers do. Their streams have ended with the daemon, so one
 * that is to end with its client (`AttachedOnly`) is ended now, and one that was only being started is undone.
 */
export async function recoverExecs(core: Core): Promise<void> {
  for (const kept of await keptExecs(core)) {
    await core.steps
      .run("recover.exec", () => recoverOne(core, kept))
      .catch((error: unknown) => core.log.error("an exec was not recovered", { id: kept.id, error: messageOf(error) }));
  }
}

async function recoverOne(core: Core, kept: KeptExec): Promise<void> {
  const { id, containerId, pid, request } = kept;
  const record = core.records.get(containerId);
  if (record === null || !isRunning(record)) {
    dropExec(core, id);
    return;
  }
  const program = pid === null ? null : { pid, pidStartTime: BigInt(kept.pidStartTime) };
  const processes = core.runtime.findExec({ containerId, execId: id, program });
  if (program === null) {
    await processes.kill();
    dropExec(core, id);
    return;
  }
  if (kept.attached && request.AttachedOnly === true) {
    void endAttached(core, { id, tty: request.Tty ?? false }, processes).then(() => dropExec(core, id));
    return;
  }
  const alive = (): boolean => core.runtime.alive(program.pid, program.pidStartTime);
  if (!alive()) {
    dropExec(core, id);
    return;
  }
  core.execs.add({
    id,
    containerId,
    createdAt: kept.createdAt,
    request,
    // Its terminal's other end went with the daemon.
    life: {
      status: "running",
      process: { pid: program.pid, processes, resize: () => undefined },
      startedAt: kept.startedAt,
      attached: false,
    },
  });
  const timer = setInterval(() => {
    if (alive()) return;
    clearInterval(timer);
    core.execs.end(id, { exitCode: lostExitCode, pid: program.pid, endedMs: core.clock.nowMs() });
    dropExec(core, id);
    const now = core.records.get(containerId);
    if (now !== null) emitContainerEvent(core, now, "exec_die", { execID: id, exitCode: String(lostExitCode) });
  }, watchMs);
  timer.unref();
}
