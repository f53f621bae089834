import { messageOf } from "@berth/base";
import type { Core } from "../../core.ts";
import { emitContainerEvent } from "../events.ts";
import { isRunning } from "../record.ts";
import { startLocked } from "../start.ts";
import { isChanging } from "./progress.ts";
import { goBack, settleChange, startAsBefore, stopForChange } from "./recreate.ts";

/**
 * Ends changes that the last daemon had begun: each container runs with its new settings or with its old ones. After recovery, when
 * ends of containers are seen.
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
  const begun = core.records.need(id);
  const sameBoot = begun.change?.bootId === core.host.bootId;
  // The signal may be on its way, or may never have been sent: it is made sure that it was.
  if (begun.change?.phase === "stopping" && isRunning(begun)) await stopForChange(core, id);
  await core.locks.run(id, async () => {
    const record = core.records.get(id);
    if (record === null || !isChanging(record)) return;
    if (!sameBoot) {
      // It would not run any more anyhow; its restart policy says what becomes of it.
      core.records.update(id, { change: null, stoppedByUser: false });
      return;
    }
    const { change } = record;
    if (change != null && change.phase !== "starting") {
      const back = core.records.update(id, { stoppedByUser: false, change: { ...change, phase: "returning" } });
      const problem = await startAsBefore(core, back);
      if (problem !== null) core.log.error("a container did not start again", { id, error: problem });
      return;
    }
    try {
      if (!isRunning(record)) await startLocked(core, record, { byPolicy: false });
    } catch (error) {
      await goBack(core, id, error);
    }
    await settleChange(core, id);
    emitContainerEvent(core, core.records.need(id), "update");
  });
}
