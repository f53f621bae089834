import path from "node:path";
import { O_DIRECTORY, O_NOFOLLOW, O_PATH, O_RDONLY, RESOLVE_NO_SYMLINKS, RESOLVE_NO_XDEV } from "../kernel/constants.ts";
import { cstring, errnoError, isErrno, type System } from "../kernel/system.ts";
import type { Fd } from "../ports.ts";
import { openAt } from "./open-at.ts";
import { nextEntries, statFd, textOf } from "./tree-entries.ts";

const AT_REMOVEDIR = 0x200;
const [EBUSY, ESTALE] = [16, 116];
const intoFolder = { flags: O_RDONLY | O_DIRECTORY | O_NOFOLLOW, resolve: RESOLVE_NO_XDEV | RESOLVE_NO_SYMLINKS };

/** A directory on the way down: enough to find it again from its child, without keeping it open. */
interface Level {
  readonly name: Uint8Array;
  readonly inode: bigint;
  readonly dev: bigint;
  /** Folders of the last chunk that are still to be removed. */
  pending: Uint8Array[];
}

/**
 * Removes a tree. Two descriptors are open at a time: the way back up is `..`, checked by inode, so depth costs a small
 * record a level and no recursion. openat2 itself refuses to enter a link or a mount.
 */
export function removeTree(system: System, root: string): void {
  const target = path.resolve(root);
  const parent = openFolder(system, path.dirname(target));
  if (parent === null) return;
  try {
    const name = cstring("unlinkat", path.basename(target));
    if (unlink(system, parent, name, target)) return;
    emptyFolder(system, parent, name, target);
    removeFolder(system, parent, name, target);
  } finally {
    system.libc.close(parent);
  }
}

function openFolder(system: System, folder: string): Fd | null {
  try {
    return openAt(system, { name: folder, path: folder, flags: O_PATH | O_DIRECTORY });
  } catch (error) {
    if (isErrno(error, "ENOENT", "ENOTDIR")) return null;
    throw error;
  }
}

function emptyFolder(system: System, parent: Fd, name: Uint8Array, target: string): void {
  let current = enter(system, parent, name, target);
  if (current === null) return;
  const levels: Level[] = [levelOf(system, current, name, target)];
  try {
    for (;;) {
      const level = levels.at(-1);
      if (level === undefined) return;
      if (level.pending.length === 0) level.pending = removeFiles(system, current, target);
      const next = level.pending.at(-1);
      if (next !== undefined) {
        const child = enter(system, current, next, target);
        if (child === null) {
          level.pending.pop();
          continue;
        }
        system.libc.close(current);
        current = child;
        levels.push(levelOf(system, current, next, target));
        continue;
      }
      levels.pop();
      const above = levels.at(-1);
      if (above === undefined) return;
      const up = openAt(system, { dirfd: current, name: "..", path: target, ...intoFolder });
      system.libc.close(current);
      current = up;
      const here = statFd(system, current, target);
      // Somebody moved the folder meanwhile: what is above it now is not ours to touch.
      if (here.inode !== above.inode || here.dev !== above.dev) throw errnoError("removeTree", target, ESTALE, "a folder was moved away");
      removeFolder(system, current, level.name, target);
      above.pending.pop();
    }
  } finally {
    system.libc.close(current);
  }
}

/** Unlinks what is no folder, chunk after chunk, until a chunk has folders (returned) or nothing is left (empty). */
function removeFiles(system: System, fd: Fd, target: string): Uint8Array[] {
  for (;;) {
    // From the start each time: removing entries may move the others.
    system.run("lseek", target, () => Number(system.libc.lseek(fd, 0, 0)));
    const entries = nextEntries(system, fd, target);
    if (entries === null) return [];
    const folders: Uint8Array[] = [];
    for (const entry of entries) if (entry.isDirectory || !unlink(system, fd, entry.name, target)) folders.push(entry.name);
    if (folders.length > 0) return folders;
  }
}

/** false when it is a folder. */
function unlink({ libc, run }: System, dirfd: Fd, name: Uint8Array, target: string): boolean {
  try {
    run("unlinkat", inside(target, name), () => libc.unlinkat(dirfd, name, 0));
  } catch (error) {
    if (isErrno(error, "EISDIR")) return false;
    if (!isErrno(error, "ENOENT")) throw error;
  }
  return true;
}

function removeFolder({ libc, run }: System, dirfd: Fd, name: Uint8Array, target: string): void {
  try {
    run("rmdir", inside(target, name), () => libc.unlinkat(dirfd, name, AT_REMOVEDIR));
  } catch (error) {
    if (!isErrno(error, "ENOENT")) throw error;
  }
}

function enter(system: System, dirfd: Fd, name: Uint8Array, target: string): Fd | null {
  try {
    return openAt(system, { dirfd, name, path: inside(target, name), ...intoFolder });
  } catch (error) {
    if (isErrno(error, "ENOENT")) return null;
    if (isErrno(error, "EXDEV")) throw errnoError("removeTree", inside(target, name), EBUSY, "a file system is mounted there");
    throw error;
  }
}

function levelOf(system: System, fd: Fd, name: Uint8Array, target: string): Level {
  const { inode, dev } = statFd(system, fd, target);
  return { name, inode, dev, pending: [] };
}

function inside(target: string, name: Uint8Array): string {
  const text = textOf(name);
  return path.basename(target) === text ? target : `${target}/…/${text}`;
}
