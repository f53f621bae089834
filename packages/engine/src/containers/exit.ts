import { messageOf } from "@berth/base";
import type { ExitRecord } from "@berth/runtime";
import { type Core, cgroupPath } from "../core.ts";
import { releaseResources } from "./cleanup.ts";
import { emitContainerEvent } from "./events.ts";
import { writeCopy } from "./folder.ts";
import { removeLocked } from "./remove.ts";
import { type ContainerRecord, isRunning, processOf } from "./record.ts";
import { wantsRestart } from "./restart-policy.ts";
import { startLocked } from "./start.ts";
import { rfc3339, timeMs } from "./time.ts";

const firstRetryMs = 500;
const maxRetryMs = 60_000;

/**
 * Takes note of a container's end, cleans up behind it, and starts it again if its policy says so. Nobody tells of the same
 * end twice, so when it cannot be written down (a full disk) it is tried again.
 */
export async function handleExit(core: Core, exit: ExitRecord, retryMs: number = firstRetryMs): Promise<void> {
  try {
    await core.locks.run(exit.id, async () => {
      const record = core.records.get(exit.id);
      if (record === null || !isRunning(record)) return;
      await exitLocked(core, record, exit);
    });
  } catch (error) {
    core.log.error("an exit was not dealt with", { id: exit.id, error: messageOf(error) });
    setTimeout(() => {
      if (!core.restarts.closed) void handleExit(core, exit, Math.min(retryMs * 2, maxRetryMs));
    }, retryMs).unref();
  }
}

/** The same for a caller that holds the lock. */
export async function exitLocked(core: Core, record: ContainerRecord, exit: ExitRecord): Promise<void> {
  const { id } = record;
  const finishedAt = rfc3339(exit.finishedAtNs);
  const ranMs = timeMs(finishedAt) - timeMs(record.startedAt);
  const oomKilled = wasOomKilled(core, record);
  const restarts =
    !record.stoppedByUser &&
    !core.restarts.closed &&
    wantsRestart(record.hostConfig.RestartPolicy, { exitCode: exit.exitCode, restartCount: record.restartCount });
  const after = await core.steps.run("exit.row", () =>
    core.records.update(id, {
      life: { status: restarts ? "restarting" : "exited" },
      intent: "cleaning",
      exitCode: exit.exitCode,
      finishedAt,
      oomKilled,
      error: exit.monitorLost ?? "",
      restartCount: restarts ? record.restartCount + 1 : record.restartCount,
    }),
  );
  core.execs.containerEnded(id);
  if (oomKilled) emitContainerEvent(core, after, "oom");
  emitContainerEvent(core, after, "die", { exitCode: String(exit.exitCode), execDuration: String(Math.max(0, Math.floor(ranMs / 1000))) });
  core.waiters.exited(id, { exitCode: exit.exitCode, error: "", restarts });
  await core.hubs.drained(id);
  core.hubs.end(id);
  const clean = await releaseResources(core, after, { operation: "exit", events: { network: true, volumes: true } });
  const done = core.records.update(id, { intent: clean ? "none" : "cleaning" });
  if (restarts) {
    planRestart(core, done, ranMs);
  } else if (done.hostConfig.AutoRemove && !core.manualRestarts.has(id) && !core.removals.has(id)) {
    await removeLocked(core, done, { volumes: true });
    return;
  }
  await writeCopy(core, done);
}

/** Plans the next start of a container in state `restarting`. */
export function planRestart(core: Core, record: ContainerRecord, ranMs: number): void {
  const { id } = record;
  core.restarts.schedule(id, core.restarts.nextDelayMs(id, ranMs), () => {
    core.locks
      .run(id, async () => {
        const now = core.records.get(id);
        if (now?.life.status === "restarting") await startLocked(core, now);
      })
      .catch((error: unknown) => {
        core.log.warn("container did not start again", { id, error: messageOf(error) });
        // Not even its failure could be written down (a full disk): otherwise it would not wait any more.
        const now = core.records.get(id);
        if (now?.life.status === "restarting") planRestart(core, now, 0);
      });
  });
}

function wasOomKilled(core: Core, record: ContainerRecord): boolean {
  if (processOf(record) === null) return false;
  try {
    const usage = core.cgroups.usage(cgroupPath(core, record));
    return (usage.oomKills ?? 0) > 0;
  } catch {
    // The runtime may have removed the cgroup with the last process.
    return false;
  }
}
