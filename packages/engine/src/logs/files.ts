import { closeSync, fstatSync, openSync, readdirSync } from "node:fs";
import { type FileHandle, open } from "node:fs/promises";
import { basename, dirname } from "node:path";

/** An open log file; the inode tells it from the one that takes its place. */
export interface LogHandle {
  readonly handle: FileHandle;
  readonly inode: bigint;
  /** When it was made: a later file may get the inode of one that is gone. */
  readonly bornNs: bigint;
}

/** The same before it can be read: opened without letting anything else happen in between. */
export interface LogDescriptor {
  readonly fd: number;
  readonly inode: bigint;
  readonly bornNs: bigint;
  readonly sizeBytes: number;
}

/** Paths of a container's log files, oldest first: `container.log.2`, `container.log.1`, `container.log`. */
export function logFiles(path: string): string[] {
  const name = basename(path);
  let entries: string[];
  try {
    entries = readdirSync(dirname(path));
  } catch {
    return [];
  }
  const numbers = entries
    .filter((entry) => entry.startsWith(`${name}.`))
    .map((entry) => Number(entry.slice(name.length + 1)))
    .filter((number) => Number.isInteger(number) && number > 0)
    .sort((a, b) => b - a);
  const rotated = numbers.map((number) => `${path}.${number}`);
  return entries.includes(name) ? [...rotated, path] : rotated;
}

/** Opens a log file at once; null when there is none. */
export function openLogNow(path: string): LogDescriptor | null {
  let fd: number;
  try {
    fd = openSync(path, "r");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return null;
    throw error;
  }
  const stat = fstatSync(fd, { bigint: true });
  return { fd, inode: stat.ino, bornNs: stat.birthtimeNs, sizeBytes: Number(stat.size) };
}

/** All log files that are there at this moment, oldest first: only the engine renames them, and it cannot in between. */
export function openLogsNow(path: string): LogDescriptor[] {
  return logFiles(path).flatMap((file) => openLogNow(file) ?? []);
}

/** Makes a descriptor readable; the descriptor is closed in any case. */
export async function toHandle({ fd, inode, bornNs }: LogDescriptor): Promise<LogHandle> {
  try {
    // The file has no name any more if it was rotated away.
    return { handle: await open(`/proc/self/fd/${fd}`, "r"), inode, bornNs };
  } finally {
    closeSync(fd);
  }
}
