import type { CgroupTree } from "./find-trees.ts";
import { type CgroupHost, checkPath, folderOf, treeOf } from "./host.ts";
import { isNodeErrno } from "./node-errno.ts";

/**
 * Makes a cgroup that only tells processes apart: in the one tree that `processes` reads, below a group that is there,
 * without controllers or limits of its own. Those above it count its processes and bind them.
 */
export function createMark(host: CgroupHost, path: string): void {
  host.files.mkdir(folder(host, path));
}

/** Moves a process into a mark; what it forks from then on is born there. False when it has ended. */
export function enterMark(host: CgroupHost, path: string, pid: number): boolean {
  try {
    host.files.write(`${folder(host, path)}/cgroup.procs`, String(pid));
    return true;
  } catch (error) {
    if (isNodeErrno(error, "ESRCH", "ENOENT", "ENODEV")) return false;
    throw error;
  }
}

/** Adds a process to a cgroup in each tree but the one that marks are in. */
export function enterBesideMarks(host: CgroupHost, path: string, pid: number): void {
  checkPath(path);
  const marks = markTree(host);
  for (const tree of host.mounted().trees) {
    if (tree !== marks) host.files.write(`${folderOf(tree, path)}/cgroup.procs`, String(pid));
  }
}

/** Removes a mark; false while processes, or groups that they made below it, are in it. */
export function removeMark(host: CgroupHost, path: string): boolean {
  try {
    host.files.rmdir(folder(host, path));
    return true;
  } catch (error) {
    if (isNodeErrno(error, "EBUSY", "ENOTEMPTY")) return false;
    throw error;
  }
}

function folder(host: CgroupHost, path: string): string {
  checkPath(path);
  const tree = markTree(host);
  return tree === null ? path : folderOf(tree, path);
}

function markTree(host: CgroupHost): CgroupTree | null {
  return treeOf(host, "pids") ?? host.mounted().trees[0] ?? null;
}
