import { fail } from "@berth/base";
import { readdir } from "node:fs/promises";
import { type Core, containerFolder } from "../core.ts";
import type { ContainerRecord } from "../containers/record.ts";

const idMaxCharacters = 128;
const idPattern = /^[a-zA-Z0-9][a-zA-Z0-9_.-]*$/;
/** No id begins with a dot: what is being made, and what is being removed, has names of its own. */
const halfMade = ".new-";
const halfRemoved = ".old-";

/** Throws invalid for what cannot be a checkpoint's id. */
export function checkCheckpointId(checkpoint: string): void {
  if (idPattern.test(checkpoint) && !checkpoint.endsWith(".") && checkpoint.length >= 2 && checkpoint.length <= idMaxCharacters) return;
  throw fail(
    "invalid",
    `Invalid checkpoint ID (${checkpoint.slice(0, idMaxCharacters)}), only [a-zA-Z0-9][a-zA-Z0-9_.-] are allowed, 2 to ${idMaxCharacters} of them and no dot at the end`,
  );
}

/** Throws forbidden, in Docker's words, for a folder of the caller's choice: checkpoints stay with their container. */
export function refuseCustomFolder(folder: string): void {
  if (folder !== "") throw fail("forbidden", "custom checkpointdir is not supported");
}

/** Where the parts of one checkpoint are. */
export interface CheckpointFolders {
  readonly final: string;
  readonly halfMade: string;
  readonly halfRemoved: string;
}

/** The folder with all checkpoints of a container; it goes with the container. */
export function checkpointsFolder(core: Pick<Core, "dataRoot">, id: string): string {
  return `${containerFolder(core, id)}/checkpoints`;
}

/** The folders of a checkpoint whose id was checked. */
export function checkpointFolders(core: Pick<Core, "dataRoot">, id: string, checkpoint: string): CheckpointFolders {
  const folder = checkpointsFolder(core, id);
  return {
    final: `${folder}/${checkpoint}`,
    halfMade: `${folder}/${halfMade}${checkpoint}`,
    halfRemoved: `${folder}/${halfRemoved}${checkpoint}`,
  };
}

/** What is in a container's folder of checkpoints: whole ones, and what was interrupted. */
export async function readCheckpoints(
  core: Pick<Core, "dataRoot">,
  id: string,
): Promise<{ readonly whole: readonly string[]; readonly halfMade: readonly string[]; readonly others: readonly string[] }> {
  const names = await namesIn(checkpointsFolder(core, id));
  const made = names.filter((name) => name.startsWith(halfMade));
  return {
    whole: names.filter((name) => idPattern.test(name)).sort(),
    halfMade: made.map((name) => name.slice(halfMade.length)),
    others: names.filter((name) => !idPattern.test(name) && !made.includes(name)),
  };
}

/** Throws not-found when a container has no such checkpoint. */
export async function needCheckpoint(core: Core, record: ContainerRecord, checkpoint: string): Promise<void> {
  const { whole } = await readCheckpoints(core, record.id);
  if (!whole.includes(checkpoint)) throw fail("not-found", `checkpoint ${checkpoint} does not exist for container ${record.name}`);
}

async function namesIn(folder: string): Promise<string[]> {
  try {
    return await readdir(folder);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return [];
    throw error;
  }
}
