import { fail, sleep } from "@berth/base";
import { type CgroupHost, checkPath, folderOf, foldersBelow } from "./host.ts";
import { listProcessesEverywhere } from "./list-processes.ts";
import { isNodeErrno } from "./node-errno.ts";

/** How long a cgroup may stay busy with processes in it (they are on their way out, or they are not), and without. */
const occupiedMs = 100;
const boundMs = 2000;
const longestPauseMs = 50;

/** Removes a cgroup in each tree, deepest first. */
export async function removeCgroup(host: CgroupHost, path: string): Promise<void> {
  checkPath(path);
  const start = performance.now();
  for (const tree of host.mounted().trees) {
    const folder = folderOf(tree, path);
    // A cgroup stays busy for a moment after its last process has gone.
    for (let pauseMs = 1; host.files.exists(folder) && !removeAll(host, folder); pauseMs = Math.min(pauseMs * 2, longestPauseMs)) {
      const waitedMs = performance.now() - start;
      if (waitedMs > boundMs || (waitedMs > occupiedMs && listProcessesEverywhere(host, path).length > 0))
        throw fail("conflict", `Control group ${folder} has processes and cannot be removed`);
      await sleep(pauseMs);
    }
  }
}

function removeAll(host: CgroupHost, folder: string): boolean {
  try {
    for (const each of foldersBelow(host.files, folder)) host.files.rmdir(each);
    return true;
  } catch (error) {
    if (isNodeErrno(error, "EBUSY", "ENOTEMPTY")) return false;
    throw error;
  }
}
