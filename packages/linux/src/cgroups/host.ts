import { fail } from "@berth/base";
import type { Logger } from "@berth/base";
import type { Kernel } from "../ports.ts";
import type { CgroupFiles } from "./cgroup-files.ts";
import type { CgroupTree, CgroupTrees } from "./find-trees.ts";

/** What the operations on control groups work with. */
export interface CgroupHost {
  readonly files: CgroupFiles;
  readonly kernel: Pick<Kernel, "pidfdOpen" | "pidfdSendSignal" | "close">;
  readonly log: Logger;
  readonly proc: string;
  /** What is mounted now; changes when completeHybrid mounts more. */
  readonly mounted: () => CgroupTrees;
}

/** The folder of a cgroup in one tree. */
export function folderOf(tree: CgroupTree, path: string): string {
  return `${tree.mountPoint}${path}`;
}

/** The v1 tree of a controller, or the v2 tree where there is none. */
export function treeOf(host: CgroupHost, controller: string): CgroupTree | null {
  const { trees } = host.mounted();
  return trees.find((tree) => tree.controllers.includes(controller)) ?? trees.find((tree) => tree.version === 2) ?? null;
}

/**
 * Refuses a path that is the root or could lead out of it: killing or removing the root's processes would take the host.
 * @throws BerthError invalid
 */
export function checkPath(path: string): void {
  const parts = path.split("/").slice(1);
  const wrong = !path.startsWith("/") || parts.some((part) => part === "" || part === "." || part === ".." || /[\0\n]/.test(part));
  if (wrong) throw fail("invalid", `Not a path of a control group: ${JSON.stringify(path)}`);
}

/** Cgroup folders below and including one, deepest first. */
export function foldersBelow(files: CgroupFiles, folder: string): string[] {
  const found = [folder];
  for (let index = 0; index < found.length; index++) {
    const current = found[index] ?? folder;
    for (const name of files.folders(current)) found.push(`${current}/${name}`);
  }
  return found.reverse();
}
