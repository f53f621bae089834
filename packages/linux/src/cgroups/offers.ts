import { type CgroupHost, folderOf, treeOf } from "./host.ts";

/** Files that each cgroup with that controller has, in v2. */
const everywhere: Readonly<Record<string, string>> = { memory: "memory.current", blkio: "io.stat" };
/** So many cgroups are looked at. */
const enough = 64;

/** Whether the kernel gives cgroups one of these files. The root has fewer than those below it, so those are asked. */
export function offers(host: CgroupHost, controller: string, files: readonly string[]): boolean {
  const tree = treeOf(host, controller);
  if (tree === null) return false;
  const groups = host.files
    .folders(tree.mountPoint)
    .slice(0, enough)
    .map((name) => folderOf(tree, `/${name}`))
    // In v2 a cgroup may be without the controller.
    .filter((folder) => tree.version === 1 || host.files.exists(`${folder}/${everywhere[controller] ?? "cgroup.procs"}`));
  if (groups.length === 0) return true;
  return groups.some((folder) => files.some((file) => host.files.exists(`${folder}/${file}`)));
}
