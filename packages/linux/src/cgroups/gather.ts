import type { CgroupTree } from "./find-trees.ts";
import { type CgroupHost, checkPath, folderOf, treeOf } from "./host.ts";
import { isNodeErrno } from "./node-errno.ts";

const rounds = 5;
const mostProcesses = 1000;

/**
 * Puts a process and what it has started so far into a cgroup of their own below the one they are in, in one tree only:
 * what they start from now on is in it too, whoever its parent becomes. One tree costs a tenth of all, and the limits
 * of the others go on as they were.
 */
export function gatherProcesses(host: CgroupHost, path: string, pid: number): void {
  checkPath(path);
  const tree = treeFor(host);
  if (tree === null) return;
  const folder = folderOf(tree, path);
  host.files.mkdir(folder);
  move(host, folder, pid);
  const moved = new Set([pid]);
  // A child that was born before its parent was moved is still outside.
  for (let round = 0; round < rounds; round++) {
    const more = [...moved].flatMap((each) => childrenOf(host, each)).filter((child) => !moved.has(child));
    if (more.length === 0 || moved.size > mostProcesses) return;
    for (const child of more) {
      moved.add(child);
      move(host, folder, child);
    }
  }
}

/** Puts what is left in such a cgroup back into its parent, and removes it. One that is not there is no error. */
export function dissolveGroup(host: CgroupHost, path: string): void {
  checkPath(path);
  const tree = treeFor(host);
  if (tree === null) return;
  const folder = folderOf(tree, path);
  const parent = folder.slice(0, folder.lastIndexOf("/"));
  for (let round = 0; round < rounds; round++) {
    const left = (host.files.read(`${folder}/cgroup.procs`) ?? "").split("\n").filter((line) => line !== "" && line !== "0");
    for (const pid of left) move(host, parent, Number(pid));
    try {
      host.files.rmdir(folder);
      return;
    } catch (error) {
      // Somebody is still in it, or was a moment ago; the container's own end removes it at the latest.
      if (!isNodeErrno(error, "EBUSY", "ENOTEMPTY")) throw error;
    }
  }
}

/** The tree by which processes are listed and killed. */
function treeFor(host: CgroupHost): CgroupTree | null {
  return treeOf(host, "pids") ?? host.mounted().trees[0] ?? null;
}

function move(host: CgroupHost, folder: string, pid: number): void {
  try {
    host.files.write(`${folder}/cgroup.procs`, String(pid));
  } catch (error) {
    if (!isNodeErrno(error, "ESRCH", "ENOENT", "ENODEV", "EINVAL")) throw error;
  }
}

/** proc(5), /proc/pid/task/tid/children: of the first thread, which is the one that forks in nearly every program. */
function childrenOf(host: CgroupHost, pid: number): number[] {
  const text = host.files.read(`${host.proc}/${pid}/task/${pid}/children`) ?? "";
  return text
    .split(" ")
    .filter((word) => word.trim() !== "")
    .map(Number);
}
