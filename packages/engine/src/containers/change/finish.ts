import { messageOf } from "@berth/base";
import type { Core } from "../../core.ts";
import { isRunning } from "../record.ts";
import { startLocked } from "../start.ts";
import { isChanging } from "./progress.ts";
import { failedItsTrial, keep, markTrial, startAsBefore, stopForChange, tryOut } from "./recreate.ts";

/**
 * Ends changes that the last daemon had begun: each container runs with its new settings, tried for as long as
 * by the daemon that began, or with its old ones. After recovery, when ends of containers are seen.
 */
export async function finishChanges(core: Core): Promise<void> {
  await Promise.all(
    core.records
      .all()
      .filter(isChanging)
      .map(({ id }) =>
        finishChange(core, id).catch((error: unknown) =>
          core.log.warn("a change of a container was undone", { id, error: messageOf(error) }),
        ),
      ),
  );
}

async function finishChange(core: Core, id: string): Promise<void> {
  // Before anything is waited for: an end that comes meanwhile may be the trial's answer.
  const waiter = core.waiters.add(id, "next-exit");
  try {
    const begun = core.records.need(id);
    // The signal may be on its way, or may never have been sent: it is made sure that it was.
    if (begun.change?.phase === "stopping" && isRunning(begun)) await stopForChange(core, id);
    if (!(await core.locks.run(id, () => isToBeTried(core, id)))) return;
    await tryOut(core, id, {
      waiter,
      start: async (record) => {
        if (record.change?.phase === "starting") await startLocked(core, record, { byPolicy: false });
      },
    });
  } finally {
    waiter.cancel();
  }
}

/** Ends a change as far as its row tells how; whether its new settings are still to be tried. The caller holds the lock. */
async function isToBeTried(core: Core, id: string): Promise<boolean> {
  const record = core.records.get(id);
  const change = record?.change ?? null;
  if (record === null || change === null) return false;
  if (change.bootId !== core.host.bootId) {
    // It would not run any more anyhow; its restart policy says what becomes of it.
    core.records.update(id, { change: null, stoppedByUser: false });
    return false;
  }
  switch (change.phase) {
    case "stopping":
    case "returning": {
      const back = core.records.update(id, { stoppedByUser: false, change: { ...change, phase: "returning" } });
      const problem = await startAsBefore(core, back);
      if (problem !== null) core.log.error("a container did not start again", { id, error: problem });
      return false;
    }
    case "trying":
      if (!isRunning(record)) await keep(core, id, failedItsTrial(record) ? record.exitCode : null);
      return isRunning(record);
    case "starting":
      if (isRunning(record)) await markTrial(core, id);
      return true;
  }
}
