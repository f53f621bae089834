import { fail, kindOf, messageOf } from "@berth/base";
import type { Core } from "../../core.ts";
import { emitContainerEvent } from "../events.ts";
import { writeCopy } from "../folder.ts";
import type { WaitResult } from "../../ports.ts";
import { type ContainerRecord, isRunning } from "../record.ts";
import { removeLocked } from "../remove.ts";
import { startLocked } from "../start.ts";
import { stopRunning } from "../stop.ts";
import type { ChangePlan } from "./plan.ts";
import { timeMs } from "../time.ts";
import { settingsOf } from "./progress.ts";
import { dropVolumes, recordVolumes, withVolumes } from "./volumes.ts";

/** So long the program must not have failed to count as started. */
const trialMs = 1000;

/**
 * Stops a running container whose row says `stopping`, gives it its new settings and starts it. When that fails, or its program
 * ends within a second with an exit code that is none of success, it gets the old ones back and is started with them, and the
 * failure is thrown.
 */
export async function recreate(core: Core, id: string, plan: ChangePlan): Promise<void> {
  await stopForChange(core, id);
  const waiter = core.waiters.add(id, "next-exit");
  try {
    await tryOut(core, id, { waiter, start: async (record) => startLocked(core, await replace(core, record, plan), { byPolicy: false }) });
  } finally {
    waiter.cancel();
  }
}

/**
 * Starts a container's new settings and keeps them when its program stays, or has done its work; else goes back to the old ones.
 * `waiter` sees its next end; `start` starts it, with the lock in its hand, unless that is done.
 */
export async function tryOut(
  core: Core,
  id: string,
  {
    waiter,
    start,
  }: { readonly waiter: { readonly result: Promise<WaitResult> }; readonly start: (record: ContainerRecord) => Promise<void> },
): Promise<void> {
  await core.locks.run(id, async () => {
    try {
      await start(core.records.need(id));
      await markTrial(core, id);
    } catch (error) {
      await goBack(core, id, error);
    }
  });
  const failed = await failsWithin(waiter.result);
  await core.locks.run(id, () => keep(core, id, failed));
}

/** From here on an end that a daemon finds when it starts again is that of the new settings. */
export async function markTrial(core: Core, id: string): Promise<void> {
  const { change } = core.records.need(id);
  if (change?.phase !== "starting") return;
  await core.steps.run("change.trial", () => core.records.update(id, { change: { ...change, phase: "trying" } }));
}

/** Whether the program of a container that was tried failed so soon that its new settings are to blame; for one that does not run. */
export function failedItsTrial(record: ContainerRecord): boolean {
  return record.exitCode !== 0 && timeMs(record.finishedAt) - timeMs(record.startedAt) <= trialMs;
}

/** The program's exit code when it fails soon after its start; else null. Its end is dealt with meanwhile, as any other. */
async function failsWithin(result: Promise<WaitResult>): Promise<number | null> {
  const late = Promise.withResolvers<null>();
  const timer = setTimeout(() => late.resolve(null), trialMs);
  const ended = await Promise.race([result, late.promise]).finally(() => clearTimeout(timer));
  return ended === null || ended.StatusCode === 0 ? null : ended.StatusCode;
}

/** The end of a change whose start went well, unless the program failed right after. The caller holds the lock. */
export async function keep(core: Core, id: string, failed: number | null): Promise<void> {
  const now = core.records.need(id);
  if (core.restarts.closed) {
    // It may be the daemon's own end that ended the program: the next one starts it and looks anew.
    if (now.change?.phase === "trying" && !isRunning(now)) core.records.update(id, { change: { ...now.change, phase: "starting" } });
    throw fail("unavailable", "the daemon is shutting down");
  }
  if (failed !== null && !isRunning(now)) {
    core.restarts.cancel(id);
    await goBack(core, id, fail("conflict", `its program ended at once, with exit code ${failed}`));
  }
  await settleChange(core, id);
  emitContainerEvent(core, core.records.need(id), "update");
  // A program that has done its work already: its end waited for the change's.
  const after = core.records.need(id);
  if (after.hostConfig.AutoRemove && after.life.status === "exited") await removeLocked(core, after, { volumes: true });
}

/** Its stop signal, its grace, and the end of it; `--rm` does not remove it. One that cannot be stopped stays what it is. */
export async function stopForChange(core: Core, id: string): Promise<void> {
  core.manualRestarts.add(id);
  try {
    await core.steps.run("change.stop", () => stopRunning(core, id, { timeoutS: null, signal: null, byUser: true }));
  } catch (error) {
    if (core.records.get(id) !== null && !core.restarts.closed) core.records.update(id, { change: null, stoppedByUser: false });
    throw error;
  } finally {
    core.manualRestarts.delete(id);
  }
}

function replace(core: Core, record: ContainerRecord, plan: ChangePlan): Promise<ContainerRecord> {
  const { settings } = plan;
  return withVolumes(core, settings.mounts, (volumes) =>
    core.steps.run("change.switch", () =>
      core.database.transaction(() => {
        recordVolumes(core, settings.mounts, volumes);
        return core.records.update(record.id, {
          ...settings,
          ...fresh,
          change: {
            phase: "starting",
            previous: settingsOf(record),
            newVolumes: volumes.map(({ name }) => name),
            bootId: core.host.bootId,
          },
        });
      }),
    ),
  );
}

/** As after a start by hand. */
const fresh = { stoppedByUser: false, restartCount: 0, backoffMs: 0 } as const;

/** The way back to the old settings, which are started; then throws what hindered the new ones. The caller holds the lock. */
export async function goBack(core: Core, id: string, cause: unknown): Promise<never> {
  const { change } = core.records.need(id);
  // The daemon ends: the next one goes on with it.
  if (core.restarts.closed) throw cause;
  const restored = await core.steps.run("change.back", () =>
    core.records.update(id, {
      ...change?.previous,
      ...fresh,
      change: { phase: "returning", previous: null, newVolumes: change?.newVolumes ?? [], bootId: core.host.bootId },
    }),
  );
  const problem = await startAsBefore(core, restored);
  const outcome = problem === null ? "it runs again as before" : `and it did not start again as it was: ${problem}`;
  throw fail(kindOf(cause), `${messageOf(cause)} (${outcome})`, cause);
}

/** Starts a container with the settings that it had, and ends the change. What hinders it, or null. The caller holds the lock. */
export async function startAsBefore(core: Core, record: ContainerRecord): Promise<string | null> {
  await dropVolumes(core, record.change?.newVolumes ?? []);
  let problem: string | null = null;
  try {
    if (!isRunning(record)) await startLocked(core, record, { byPolicy: false });
  } catch (error) {
    if (core.restarts.closed) throw error;
    problem = messageOf(error);
  }
  await settleChange(core, record.id);
  return problem;
}

/** The change has ended, whichever way. */
export async function settleChange(core: Core, id: string): Promise<void> {
  const after = await core.steps.run("change.settle", () => core.records.update(id, { change: null }));
  await writeCopy(core, after);
}
