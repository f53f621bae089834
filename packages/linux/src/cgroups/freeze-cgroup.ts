import { fail, sleep } from "@berth/base";
import type { CgroupTree } from "./find-trees.ts";
import { type CgroupHost, checkPath, folderOf, treeOf } from "./host.ts";

const boundMs = 10_000;
const longestPauseMs = 20;

/** Freezes or thaws, and waits until the kernel says so. */
export async function freezeCgroup(host: CgroupHost, path: string, on: boolean): Promise<void> {
  checkPath(path);
  const tree = treeOf(host, "freezer");
  if (tree === null) throw fail("unavailable", "This host has no freezer for control groups.");
  if (!host.files.exists(folderOf(tree, path))) throw fail("not-found", `No such control group: ${path}`);
  set(host, tree, path, on);
  const deadline = performance.now() + boundMs;
  for (let pauseMs = 1; !reached(host, tree, path, on); pauseMs = Math.min(pauseMs * 2, longestPauseMs)) {
    if (performance.now() > deadline) {
      if (on) set(host, tree, path, false);
      throw fail("timeout", `Control group ${path} did not ${on ? "freeze" : "thaw"} within ${boundMs / 1000} s`);
    }
    await sleep(pauseMs);
    // v1 can stay in FREEZING when a process was forked meanwhile; the write starts it over (freezer-subsystem.rst).
    if (on && tree.version === 1) set(host, tree, path, true);
  }
}

/** Thaws without waiting, where there is a frozen v1 cgroup: its processes do not die of SIGKILL. */
export function thawForKill(host: CgroupHost, path: string): void {
  const tree = treeOf(host, "freezer");
  if (tree?.version === 1 && host.files.exists(folderOf(tree, path))) set(host, tree, path, false);
}

function set(host: CgroupHost, tree: CgroupTree, path: string, on: boolean): void {
  const folder = folderOf(tree, path);
  if (tree.version === 1) host.files.write(`${folder}/freezer.state`, on ? "FROZEN" : "THAWED");
  else host.files.write(`${folder}/cgroup.freeze`, on ? "1" : "0");
}

function reached(host: CgroupHost, tree: CgroupTree, path: string, on: boolean): boolean {
  const folder = folderOf(tree, path);
  if (tree.version === 1) return host.files.read(`${folder}/freezer.state`)?.trim() === (on ? "FROZEN" : "THAWED");
  return (host.files.read(`${folder}/cgroup.events`) ?? "").includes(`frozen ${on ? 1 : 0}`);
}
