import type { CheckpointSummary } from "@berth/spec";
import type { Core } from "../core.ts";
import { readCheckpoints, refuseCustomFolder } from "./folder.ts";

/** The checkpoints of a container, by id. */
export async function listCheckpoints(core: Core, reference: string, options: { readonly folder: string }): Promise<CheckpointSummary[]> {
  const { id } = core.records.lookup(reference);
  refuseCustomFolder(options.folder);
  const { whole } = await readCheckpoints(core, id);
  return whole.map((Name) => ({ Name }));
}
