import { type FileHandle, open, readdir } from "node:fs/promises";
import { basename, dirname } from "node:path";

/** An open log file; the inode tells it from the one that takes its place. */
export interface LogHandle {
  readonly handle: FileHandle;
  readonly inode: bigint;
  readonly mtimeNs: bigint;
}

/** Paths of a container's log files, oldest first: `container.log.2`, `container.log.1`, `container.log`. */
export async function logFiles(path: string): Promise<string[]> {
  const name = basename(path);
  const entries = await readdir(dirname(path)).catch((): string[] => []);
  const numbers = entries
    .filter((entry) => entry.startsWith(`${name}.`))
    .map((entry) => Number(entry.slice(name.length + 1)))
    .filter((number) => Number.isInteger(number) && number > 0)
    .sort((a, b) => b - a);
  const rotated = numbers.map((number) => `${path}.${number}`);
  return entries.includes(name) ? [...rotated, path] : rotated;
}

/** Opens a log file; null when it has just gone. */
export async function openLog(path: string): Promise<LogHandle | null> {
  let handle: FileHandle;
  try {
    handle = await open(path, "r");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return null;
    throw error;
  }
  const stat = await handle.stat({ bigint: true });
  return { handle, inode: stat.ino, mtimeNs: stat.mtimeNs };
}

/**
 * Opens all log files that are there now, oldest first. Rotation may rename files in between: opened twice by two names
 * is dropped, so that each is there once.
 */
export async function openLogs(path: string): Promise<LogHandle[]> {
  const handles: LogHandle[] = [];
  for (const file of await logFiles(path)) {
    const log = await openLog(file);
    if (log === null) continue;
    if (handles.some((other) => other.inode === log.inode)) await log.handle.close();
    else handles.push(log);
  }
  return handles;
}
