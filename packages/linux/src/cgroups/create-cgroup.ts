import { messageOf } from "@berth/base";
import type { CgroupTree } from "./find-trees.ts";
import { type CgroupHost, checkPath, folderOf } from "./host.ts";
import { isNodeErrno } from "./node-errno.ts";

/** Where the daemon's own processes go when it runs in the root of a delegated v2 tree (cgroups(7), "no internal processes"). */
const ownLeaf = "/berth-daemon";
/** A process that is forked between the list and its move is seen in the next round. */
const leaveRounds = 10;

/** Makes a cgroup in each tree. */
export function createCgroup(host: CgroupHost, path: string): void {
  checkPath(path);
  for (const tree of host.mounted().trees) {
    let parent = "";
    for (const part of path.slice(1).split("/")) {
      if (tree.version === 2) enableControllers(host, tree, parent);
      const made = host.files.mkdir(folderOf(tree, `${parent}/${part}`));
      if (made && tree.controllers.includes("cpuset")) inheritCpuset(host, tree, parent, part);
      parent += `/${part}`;
    }
  }
}

/** Adds a process in each tree. */
export function enterCgroup(host: CgroupHost, path: string, pid: number): void {
  checkPath(path);
  for (const tree of host.mounted().trees) host.files.write(`${folderOf(tree, path)}/cgroup.procs`, String(pid));
}

/** v2: children of `parent` get every controller that it has (cgroup-v2.rst, "Enabling and Disabling"). */
function enableControllers(host: CgroupHost, tree: CgroupTree, parent: string): void {
  const folder = folderOf(tree, parent);
  const enabled = new Set(wordsOf(host.files.read(`${folder}/cgroup.subtree_control`)));
  const missing = wordsOf(host.files.read(`${folder}/cgroup.controllers`)).filter((name) => !enabled.has(name));
  if (missing.length === 0) return;
  try {
    enable(host, folder, missing);
  } catch (error) {
    if (isNodeErrno(error, "EBUSY") && parent === "") leaveRoot(host, tree);
    // One at a time: a controller that cannot be enabled (cpu with realtime processes about) must not cost the others.
    for (const name of missing) {
      try {
        enable(host, folder, [name]);
      } catch (last) {
        host.log.warn("control group controller cannot be enabled", { controller: name, folder, error: messageOf(last) });
      }
    }
  }
}

function enable(host: CgroupHost, folder: string, names: readonly string[]): void {
  host.files.write(`${folder}/cgroup.subtree_control`, names.map((name) => `+${name}`).join(" "));
}

/** In a container of its own the daemon sits in the tree's root, which may then have no controllers for children. */
function leaveRoot(host: CgroupHost, tree: CgroupTree): void {
  const leaf = folderOf(tree, ownLeaf);
  host.files.mkdir(leaf);
  for (let round = 0; round < leaveRounds; round++) {
    const pids = wordsOf(host.files.read(`${tree.mountPoint}/cgroup.procs`));
    if (pids.length === 0) return;
    for (const pid of pids) {
      try {
        host.files.write(`${leaf}/cgroup.procs`, pid);
      } catch (error) {
        // Gone meanwhile, or a kernel thread, which stays.
        if (!isNodeErrno(error, "ESRCH", "EINVAL")) throw error;
      }
    }
  }
}

/** v1: nothing may enter a cpuset whose cpus or mems are empty, as they are at first (cpuset(7)). */
function inheritCpuset(host: CgroupHost, tree: CgroupTree, parent: string, part: string): void {
  for (const file of ["cpuset.cpus", "cpuset.mems"]) {
    const own = `${folderOf(tree, `${parent}/${part}`)}/${file}`;
    if ((host.files.read(own) ?? "").trim() !== "") continue;
    host.files.write(own, (host.files.read(`${folderOf(tree, parent)}/${file}`) ?? "").trim());
  }
}

function wordsOf(text: string | null): string[] {
  return (text ?? "").split(/\s+/).filter((word) => word !== "");
}
