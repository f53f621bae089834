import { AT_FDCWD, AT_SYMLINK_NOFOLLOW, O_DIRECTORY, O_NOFOLLOW, O_PATH, S_IFCHR, S_IFDIR, S_IFMT } from "../kernel/constants.ts";
import { isErrno } from "../kernel/system.ts";
import type { Fd, FileStat, Kernel } from "../ports.ts";
import { exactly } from "./entry-writer.ts";

/** overlayfs's mark of a folder that hides the lower ones (kernel documentation, overlayfs). */
const opaqueXattr = "trusted.overlay.opaque";

/** A file of the layers below, and where it is. */
export interface LowerFile {
  readonly stat: FileStat;
  readonly parent: Fd;
  readonly name: string;
}

/** One folder as the layers below show it: the same folder of several layers, the top one first. */
export interface LowerFolder {
  readonly fds: readonly Fd[];
}

/** Opens layer roots. */
export function openLayers(kernel: Kernel, paths: readonly string[]): LowerFolder {
  const fds: Fd[] = [];
  try {
    for (const path of paths) fds.push(kernel.openat2(AT_FDCWD, path, { flags: O_PATH | O_DIRECTORY, resolve: 0 }));
    return { fds };
  } catch (error) {
    closeFolder(kernel, { fds });
    throw error;
  }
}

export function closeFolder(kernel: Kernel, folder: LowerFolder): void {
  for (const fd of folder.fds) kernel.close(fd);
}

/** What the layers show under a name; null when nothing. */
export function lookUp(kernel: Kernel, folder: LowerFolder, name: string): LowerFile | null {
  for (const parent of folder.fds) {
    const stat = statOf(kernel, parent, name);
    if (stat === null) continue;
    return isWhiteout(stat) ? null : { stat, parent, name };
  }
  return null;
}

/** The folder that the layers show under a name, merged of all that have it; empty when it is none. */
export function enter(kernel: Kernel, folder: LowerFolder, name: string): LowerFolder {
  const fds: Fd[] = [];
  for (const parent of folder.fds) {
    const stat = statOf(kernel, parent, name);
    if (stat === null) continue;
    if ((stat.mode & S_IFMT) !== S_IFDIR) break;
    fds.push(kernel.openat2(parent, name, { flags: O_PATH | O_DIRECTORY | O_NOFOLLOW, resolve: exactly }));
    if (isOpaque(kernel, parent, name)) break;
  }
  return { fds };
}

/** Names that the layers show in a folder, sorted. */
export function namesIn(kernel: Kernel, folder: LowerFolder): string[] {
  const names = new Map<string, boolean>();
  for (const fd of folder.fds) {
    for (const name of kernel.readdir(fd)) {
      if (names.has(name)) continue;
      const stat = statOf(kernel, fd, name);
      names.set(name, stat !== null && !isWhiteout(stat));
    }
  }
  return [...names]
    .filter(([, shown]) => shown)
    .map(([name]) => name)
    .sort();
}

/** Whether a file is overlay's mark that a lower one is hidden. */
export function isWhiteout(stat: FileStat): boolean {
  return (stat.mode & S_IFMT) === S_IFCHR && stat.rdevMajor === 0 && stat.rdevMinor === 0;
}

export function isOpaque(kernel: Kernel, parent: Fd, name: string): boolean {
  const value = kernel.lgetxattr(`/proc/self/fd/${parent}/${name}`, opaqueXattr);
  return value !== null && value.length === 1 && value[0] === 0x79;
}

/** lstat; null when nothing is there. */
export function statOf(kernel: Kernel, parent: Fd, name: string): FileStat | null {
  try {
    return kernel.statx(parent, name, AT_SYMLINK_NOFOLLOW);
  } catch (error) {
    if (isErrno(error, "ENOENT", "ENOTDIR")) return null;
    throw error;
  }
}
