import type { CgroupTree } from "./find-trees.ts";
import { type CgroupHost, checkPath, folderOf, foldersBelow, treeOf } from "./host.ts";

/** Processes of a cgroup and of those below it, in the tree that is best suited to tell. */
export function listProcesses(host: CgroupHost, path: string): number[] {
  checkPath(path);
  const tree = treeOf(host, "pids") ?? host.mounted().trees[0];
  return tree === undefined ? [] : processesIn(host, tree, path);
}

/** The same in all trees: a privileged process can leave one of them. */
export function listProcessesEverywhere(host: CgroupHost, path: string): number[] {
  return [...new Set(host.mounted().trees.flatMap((tree) => processesIn(host, tree, path)))];
}

function processesIn(host: CgroupHost, tree: CgroupTree, path: string): number[] {
  const pids: number[] = [];
  for (const folder of foldersBelow(host.files, folderOf(tree, path))) {
    const text = host.files.read(`${folder}/cgroup.procs`);
    // 0 stands for a process of another pid namespace.
    if (text !== null) for (const line of text.split("\n")) if (line !== "" && line !== "0") pids.push(Number(line));
  }
  return pids;
}

/** The cgroups of a process by controller, relative to the mount points. */
export function pathsOf(host: CgroupHost, pid: number): ReadonlyMap<string, string> | null {
  const text = host.files.read(`${host.proc}/${pid}/cgroup`);
  if (text === null) return null;
  const paths = new Map<string, string>();
  for (const line of text.split("\n")) {
    const [, names, path] = /^\d+:([^:]*):(.*)$/.exec(line) ?? [];
    if (names === undefined || path === undefined) continue;
    for (const name of names.split(",")) {
      const tree = host.mounted().trees.find((candidate) => (name === "" ? candidate.version === 2 : candidate.controllers.includes(name)));
      paths.set(name, tree === undefined ? path : below(tree.mountRoot, path));
    }
  }
  return paths;
}

function below(root: string, path: string): string {
  if (root === "/" || !`${path}/`.startsWith(`${root}/`)) return path;
  return path.slice(root.length) || "/";
}
