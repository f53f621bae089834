import type { Core } from "../../core.ts";
import { ensureRequired } from "../requires/ensure.ts";
import { refuseStart, startLocked } from "../start.ts";

/** Starts a container. Throws not-modified when it runs, conflict when it is paused or being removed, else what went wrong in Docker's words. */
export async function startContainer(core: Core, reference: string): Promise<void> {
  const found = core.records.lookup(reference);
  const { id } = found;
  refuseStart(found);
  await ensureRequired(core, id, { byUser: true });
  await core.locks.run(id, async () => {
    const record = core.records.need(id);
    refuseStart(record);
    core.restarts.cancel(id);
    await startLocked(core, core.records.update(id, { restartCount: 0, stoppedByUser: false, backoffMs: 0 }), { byPolicy: false });
  });
}
