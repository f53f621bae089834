import { fail, messageOf } from "@berth/base";
import type { ExitRecord } from "@berth/runtime";
import { type Core, cgroupPath } from "../core.ts";
import { uncheckedHealth } from "../health/state.ts";
import { isChanging } from "./change/progress.ts";
import { releaseResources } from "./cleanup.ts";
import { emitContainerEvent } from "./events.ts";
import { writeCopy } from "./folder.ts";
import { removeLocked } from "./remove.ts";
import { type ContainerRecord, isRunning, monotonicStartMs, processOf } from "./record.ts";
import { planRestart } from "./restarts/plan.ts";
import { delayAfterMs, startsAgain } from "./restarts/policy.ts";
import { rfc3339, timeMs } from "./time.ts";

const firstRetryMs = 500;
const maxRetryMs = 60_000;

/**
 * Takes note of a container's end, cleans up behind it, and starts it again if its policy says so. Nobody tells of the same
 * end twice, so whatever of it cannot be done (a full disk) is tried again.
 */
export async function handleExit(core: Core, exit: ExitRecord): Promise<void> {
  await attempt(core, exit, { noted: false, retryMs: firstRetryMs });
}

async function attempt(core: Core, exit: ExitRecord, before: { readonly noted: boolean; readonly retryMs: number }): Promise<void> {
  const { id } = exit;
  let { noted } = before;
  try {
    await core.locks.run(id, async () => {
      const record = core.records.get(id);
      // Noted once, it may have been started again meanwhile: that run has an end of its own.
      if (record === null || isRunning(record) === noted) return;
      const after = noted ? record : await noteExit(core, record, exit);
      noted = true;
      await finishExit(core, after);
    });
  } catch (error) {
    core.log.error("an exit was not dealt with", { id, error: messageOf(error) });
    const retryMs = Math.min(before.retryMs * 2, maxRetryMs);
    setTimeout(() => {
      if (!core.restarts.closed) void attempt(core, exit, { noted, retryMs });
    }, before.retryMs).unref();
  }
}

/** The same, once, for a caller that holds the lock. */
export async function exitLocked(core: Core, record: ContainerRecord, exit: ExitRecord): Promise<void> {
  await finishExit(core, await noteExit(core, record, exit));
}

/** Writes an end down and tells everybody of it. */
async function noteExit(core: Core, record: ContainerRecord, exit: ExitRecord): Promise<ContainerRecord> {
  const { id } = record;
  const finishedAt = rfc3339(exit.finishedAtNs);
  const ranMs = timeRunMs(core, record, exit);
  const killedLast = processOf(record) !== null && core.oom.ended(record);
  const restarts = startsAgain(core, record, exit.exitCode);
  // The check's program ends with the container; nothing is to be noted of it any more.
  void core.health.unwatch(id);
  await endOthers(core, record);
  const after = await core.steps.run("exit.row", () =>
    core.records.update(id, {
      life: { status: restarts ? "restarting" : "exited" },
      intent: "cleaning",
      heldByCommit: false,
      exitCode: exit.exitCode,
      finishedAt,
      // Asked here: it may have been noted since the record was read.
      oomKilled: killedLast || core.records.need(id).oomKilled,
      error: exit.monitorLost ?? "",
      restartCount: restarts ? record.restartCount + 1 : record.restartCount,
      backoffMs: restarts ? delayAfterMs(core, record, ranMs) : record.backoffMs,
      health: healthAtEnd(record, restarts || core.restarts.closed),
    }),
  );
  core.execs.containerEnded(id);
  if (killedLast) emitContainerEvent(core, after, "oom");
  emitContainerEvent(core, after, "die", { exitCode: String(exit.exitCode), execDuration: String(Math.floor(ranMs / 1000)) });
  core.waiters.exited(id, { exitCode: exit.exitCode, error: "", restarts });
  core.forwarders.ended(id);
  await core.hubs.drained(id);
  core.hubs.end(id);
  return after;
}

/** Cleans up behind an end that was noted, and does what is to come after it. Throws when something is left to do; it may be done twice. */
async function finishExit(core: Core, record: ContainerRecord): Promise<void> {
  const { id } = record;
  let done = record;
  let clean = true;
  if (record.intent === "cleaning") {
    clean = await releaseResources(core, record, { operation: "exit", events: { network: true, volumes: true } });
    done = core.records.update(id, { intent: clean ? "none" : "cleaning" });
  }
  if (done.life.status === "restarting") {
    planRestart(core, done);
  } else if (done.hostConfig.AutoRemove && !isChanging(done) && !core.manualRestarts.has(id) && !core.removals.has(id)) {
    await removeLocked(core, done, { volumes: true });
    return;
  }
  await writeCopy(core, done);
  if (!clean) throw fail("unavailable", `container ${id} was not cleaned up behind`);
}

/**
 * Ends what a container's first process has left behind, where its end does not (a pid namespace that is the host's or
 * another container's): before anybody is told that the container has ended, it has.
 */
async function endOthers(core: Core, record: ContainerRecord): Promise<void> {
  try {
    const path = cgroupPath(core, record);
    if (core.cgroups.processes(path).length > 0) await core.steps.run("exit.kill", () => core.cgroups.kill(path));
  } catch (error) {
    // Cleaning up tries it again, and so does the next start of the daemon.
    core.log.error("processes of an ended container live on", { id: record.id, error });
  }
}

/**
 * How long a container ran, by the clock that nobody can set: a wall clock that was set back would make a container that
 * ran for days look like one that failed at once. An end that is noticed late, by a daemon that was away, is counted back.
 */
function timeRunMs(core: Core, record: ContainerRecord, exit: ExitRecord): number {
  const process = processOf(record);
  const lateMs = Math.max(0, Number((core.clock.nowNs() - exit.finishedAtNs) / 1_000_000n));
  const ranMs =
    process === null || process.bootId !== core.host.bootId
      ? timeMs(rfc3339(exit.finishedAtNs)) - timeMs(record.startedAt)
      : core.clock.monotonicMs() - monotonicStartMs(process) - lateMs;
  return Math.max(0, ranMs);
}

/** What was decided about an unhealthy container is done with its end, but for a restart that is still to come. */
function healthAtEnd(record: ContainerRecord, continues: boolean): ContainerRecord["health"] {
  const { stoppedByUser } = record;
  const health = uncheckedHealth(record.health);
  return health === null ? null : { ...health, acting: continues && !stoppedByUser && health.acting === "restart" ? "restart" : null };
}
