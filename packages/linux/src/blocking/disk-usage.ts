import { O_DIRECTORY, O_NOFOLLOW, O_PATH, O_RDONLY, RESOLVE_NO_SYMLINKS, RESOLVE_NO_XDEV, S_IFDIR, S_IFMT } from "../kernel/constants.ts";
import { isErrno, type System } from "../kernel/system.ts";
import type { Fd, FileStat } from "../ports.ts";
import { openAt } from "./open-at.ts";
import { nextEntries, statEntry, statFd } from "./tree-entries.ts";

const blockBytes = 512;

/** A directory on the way down and its folders that are still to be counted. */
interface Level {
  readonly inode: bigint;
  readonly pending: Uint8Array[];
}

/**
 * Bytes on disk of a tree. It may change while it is read: what vanishes is not counted. The way back up is `..` as in
 * removeTree; a folder that was moved meanwhile ends the count of its surroundings, it is never left.
 */
export function diskUsage(system: System, root: string): number {
  return count(system, root, createCounter());
}

/** Sizes of all files of a tree together, as they appear (stat(2), st_size): folders are nothing, hard links one file. */
export function fileBytes(system: System, root: string): number {
  return count(system, root, createSizeCounter());
}

function count(system: System, root: string, counter: Counter): number {
  let start: Fd;
  try {
    start = openAt(system, { name: root, path: root, flags: O_PATH | O_NOFOLLOW });
  } catch (error) {
    if (isErrno(error, "ENOENT", "ENOTDIR")) return 0;
    throw error;
  }
  try {
    const stat = statFd(system, start, root);
    counter.add(stat);
    if ((stat.mode & S_IFMT) === S_IFDIR) countFolder(system, start, root, counter);
    return counter.bytes();
  } finally {
    system.libc.close(start);
  }
}

interface Counter {
  readonly add: (stat: FileStat) => void;
  readonly bytes: () => number;
}

function createCounter(): Counter {
  const linked = new Set<string>();
  let blocks = 0;
  return {
    add: ({ mode, nlink, dev, inode, blocks: taken }) => {
      if (nlink > 1 && (mode & S_IFMT) !== S_IFDIR) {
        const key = `${dev}:${inode}`;
        if (linked.has(key)) return;
        linked.add(key);
      }
      blocks += taken;
    },
    bytes: () => blocks * blockBytes,
  };
}

function createSizeCounter(): Counter {
  const linked = new Set<string>();
  let total = 0;
  return {
    add: ({ mode, nlink, dev, inode, sizeBytes }) => {
      if ((mode & S_IFMT) === S_IFDIR) return;
      if (nlink > 1) {
        const key = `${dev}:${inode}`;
        if (linked.has(key)) return;
        linked.add(key);
      }
      total += sizeBytes;
    },
    bytes: () => total,
  };
}

function countFolder(system: System, start: Fd, root: string, counter: Counter): void {
  let current = enter(system, start, ".", root);
  if (current === null) return;
  try {
    const levels = [countEntries(system, current, root, counter)];
    for (;;) {
      const level = levels.at(-1);
      if (level === undefined) return;
      const next = level.pending.pop();
      if (next !== undefined) {
        const child = enter(system, current, next, root);
        if (child === null) continue;
        counter.add(statFd(system, child, root));
        system.libc.close(current);
        current = child;
        levels.push(countEntries(system, current, root, counter));
        continue;
      }
      levels.pop();
      const above = levels.at(-1);
      if (above === undefined) return;
      const up = enter(system, current, "..", root);
      if (up === null) return;
      system.libc.close(current);
      current = up;
      if (statFd(system, current, root).inode !== above.inode) return;
    }
  } finally {
    system.libc.close(current);
  }
}

/** Adds what is no folder, and returns the folders. */
function countEntries(system: System, fd: Fd, root: string, counter: Counter): Level {
  const pending: Uint8Array[] = [];
  for (;;) {
    const entries = nextEntries(system, fd, root);
    if (entries === null) return { inode: statFd(system, fd, root).inode, pending };
    for (const { name, isDirectory } of entries) {
      if (isDirectory) {
        pending.push(name.slice());
        continue;
      }
      try {
        counter.add(statEntry(system, fd, name, root));
      } catch (error) {
        if (!isErrno(error, "ENOENT")) throw error;
      }
    }
  }
}

function enter(system: System, dirfd: Fd, name: Uint8Array | string, root: string): Fd | null {
  try {
    const flags = O_RDONLY | O_DIRECTORY | O_NOFOLLOW;
    return openAt(system, { dirfd, name, path: root, flags, resolve: RESOLVE_NO_XDEV | RESOLVE_NO_SYMLINKS });
  } catch (error) {
    if (isErrno(error, "ENOENT", "EXDEV", "ENOTDIR", "ELOOP")) return null;
    throw error;
  }
}
