import { readFile, rm } from "node:fs/promises";
import { MNT_DETACH } from "@berth/linux";
import { isRunning } from "../containers/record.ts";
import { type Core, containerFolder } from "../core.ts";
import { treesFolder } from "./mount-tree.ts";

/** Unmounts what a daemon that ended had mounted to look at the files of containers. */
export async function recoverViews(core: Core): Promise<void> {
  const mounted = mountPoints(await readFile("/proc/self/mountinfo", "utf8"));
  const trees = treesFolder(core);
  // Inner ones last in the list: they go first.
  for (const path of mounted.filter((each) => each.startsWith(`${trees}/`)).reverse()) await core.blocking.unmount(path, MNT_DETACH);
  await rm(trees, { recursive: true, force: true });
  const there = new Set(mounted);
  for (const record of core.records.all()) {
    const rootfs = `${containerFolder(core, record.id)}/rootfs`;
    if (!isRunning(record) && there.has(rootfs)) await core.blocking.unmount(rootfs, MNT_DETACH);
  }
}

/** Mount points in the order in which they were mounted (proc_pid_mountinfo(5)). */
function mountPoints(mountinfo: string): string[] {
  return mountinfo
    .split("\n")
    .map((line) => line.split(" ")[4] ?? "")
    .map((path) => path.replace(/\\([0-7]{3})/g, (_, octal: string) => String.fromCharCode(Number.parseInt(octal, 8))));
}
