import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { fail } from "@berth/base";

/**
 * Writes the daemon's process id.
 * @returns removes the file, if it is still ours
 * @throws conflict when the file names another living daemon
 */
export function writePidFile(path: string): () => void {
  const holder = readPid(path);
  if (holder !== null && holder !== process.pid && isDaemon(holder)) {
    throw fail(
      "conflict",
      `process with PID ${String(holder)} is still running: the pid file ${path} names it. Stop it, or choose another file with --pidfile`,
    );
  }
  mkdirSync(dirname(path), { recursive: true, mode: 0o711 });
  const temporary = `${path}.${String(process.pid)}`;
  writeFileSync(temporary, String(process.pid), { mode: 0o644 });
  renameSync(temporary, path);
  return () => {
    if (readPid(path) === process.pid) rmSync(path, { force: true });
  };
}

function readPid(path: string): number | null {
  if (!existsSync(path)) return null;
  const text = readFileSync(path, "utf8").trim();
  return /^\d{1,10}$/.test(text) ? Number(text) : null;
}

/** After a crash the id may have gone to any other program; only one that looks like this daemon counts. */
function isDaemon(pid: number): boolean {
  try {
    const mine = readFileSync("/proc/self/comm", "utf8");
    return (
      readFileSync(`/proc/${String(pid)}/comm`, "utf8") === mine &&
      readFileSync(`/proc/${String(pid)}/cmdline`, "utf8").includes("\0daemon\0")
    );
  } catch {
    return false;
  }
}
