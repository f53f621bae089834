import { checkCheckpointId, checkpointFolders, needCheckpoint } from "../../checkpoints/folder.ts";
import type { Core } from "../../core.ts";
import { ensureRequired } from "../requires/ensure.ts";
import { refuseStart, startLocked } from "../start.ts";

/**
 * Starts a container, from its beginning or, with the id of a checkpoint, from where that kept it. Throws not-modified when
 * it runs, conflict when it is paused or being removed, not-found without that checkpoint, else what went wrong in Docker's words.
 */
export async function startContainer(core: Core, reference: string, checkpoint: string | null): Promise<void> {
  if (checkpoint !== null) checkCheckpointId(checkpoint);
  const found = core.records.lookup(reference);
  const { id } = found;
  refuseStart(found);
  await ensureRequired(core, id, { byUser: true });
  await core.locks.run(id, async () => {
    const record = core.records.need(id);
    refuseStart(record);
    if (checkpoint !== null) {
      await needCheckpoint(core, record, checkpoint);
      await core.runtime.requireCheckpoints({ name: record.name, runtime: record.hostConfig.Runtime });
    }
    core.restarts.cancel(id);
    await startLocked(core, core.records.update(id, { restartCount: 0, stoppedByUser: false, backoffMs: 0 }), {
      byPolicy: false,
      ...(checkpoint === null ? {} : { restoreFrom: checkpointFolders(core, id, checkpoint).final }),
    });
  });
}
