import { fail } from "@berth/base";
import { existsSync, rmSync } from "node:fs";
import { rm } from "node:fs/promises";

const ATTEMPTS = 100;
const options = { recursive: true, force: true } as const;

/**
 * Removes a folder with all that is in it; a missing one is no error. With `force`, Bun's `rm` takes an entry that somebody
 * else has just removed (a monitor that tidies up behind itself) for the end of its work, leaves the rest and reports
 * success: so it is asked until the folder is gone.
 * @throws internal when it is not gone after many attempts, because somebody keeps filling it
 */
export async function removeFolder(folder: string, remove: (folder: string) => Promise<void> = (path) => rm(path, options)): Promise<void> {
  for (let attempt = 0; attempt < ATTEMPTS; attempt += 1) {
    await remove(folder);
    if (!existsSync(folder)) return;
  }
  throw stays(folder);
}

/** The same at once, for the small folders of an exec. */
export function removeFolderSync(folder: string): void {
  for (let attempt = 0; attempt < ATTEMPTS; attempt += 1) {
    rmSync(folder, options);
    if (!existsSync(folder)) return;
  }
  throw stays(folder);
}

function stays(folder: string): Error {
  return fail("internal", `cannot remove ${folder}: something is put into it again and again`);
}
