import { rename } from "node:fs/promises";
import { isRunning } from "../containers/record.ts";
import type { Core } from "../core.ts";
import { checkpointFolders, checkpointsFolder, readCheckpoints } from "./folder.ts";

/**
 * Ends what a killed daemon left of checkpoints. The runtime goes on without it: what it has made whole by then is kept, since
 * the container may have ended with it; anything else is removed, and the container runs on.
 */
export async function recoverCheckpoints(core: Core): Promise<void> {
  for (const { id } of core.records.all()) {
    try {
      await recoverOne(core, id);
    } catch (error) {
      core.log.error("checkpoints of a container were not recovered", { id, error });
    }
  }
}

async function recoverOne(core: Core, id: string): Promise<void> {
  const { whole, halfMade, others } = await readCheckpoints(core, id);
  for (const name of others) await core.blocking.removeTree(`${checkpointsFolder(core, id)}/${name}`);
  for (const checkpoint of halfMade) {
    const folders = checkpointFolders(core, id, checkpoint);
    if (!whole.includes(checkpoint) && (await core.runtime.isCheckpointWhole(id, folders.halfMade))) {
      await core.blocking.syncfs(folders.halfMade);
      await rename(folders.halfMade, folders.final);
      core.log.info("a checkpoint that was under way is whole", { id, checkpoint });
      continue;
    }
    await core.blocking.removeTree(folders.halfMade);
    // It was to end with its checkpoint, and runs on: its restart policy holds again.
    if (isRunning(core.records.need(id))) core.records.update(id, { stoppedByUser: false });
    core.log.info("removed a checkpoint that was not finished", { id, checkpoint });
  }
}
