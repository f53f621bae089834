import { rename } from "node:fs/promises";
import type { Core } from "../core.ts";
import { checkCheckpointId, checkpointFolders, needCheckpoint, refuseCustomFolder } from "./folder.ts";

/** Removes a checkpoint. Throws not-found when the container has none of that id. */
export async function removeCheckpoint(
  core: Core,
  reference: string,
  options: { readonly checkpoint: string; readonly folder: string },
): Promise<void> {
  const { checkpoint } = options;
  checkCheckpointId(checkpoint);
  const { id } = core.records.lookup(reference);
  refuseCustomFolder(options.folder);
  await core.locks.run(id, async () => {
    await needCheckpoint(core, core.records.need(id), checkpoint);
    const folders = checkpointFolders(core, id, checkpoint);
    await core.blocking.removeTree(folders.halfRemoved);
    // From here on it is not there any more, however much of it is left.
    await core.steps.run("checkpoint.forget", () => rename(folders.final, folders.halfRemoved));
    await core.steps.run("checkpoint.remove", () => core.blocking.removeTree(folders.halfRemoved));
  });
}
