import { readFileSync, readlinkSync } from "node:fs";

const POLL_MS = 1;
/** A program with the runtime's own path would be waited for in vain. */
const TIMEOUT_MS = 250;

/** What a process runs; null when it has ended. */
export function programOf(pid: number): string | null {
  try {
    return readlinkSync(`/proc/${pid}/exe`);
  } catch {
    return null;
  }
}

/**
 * Waits until a container that was let go runs its own program, so that whoever is told of the start does not see the
 * runtime in its place: between its order and its execve(2) the runtime sets up the last things.
 * @param before what {@link programOf} said before the order
 */
export async function untilOwnProgram(pid: number, before: string | null): Promise<void> {
  const until = performance.now() + TIMEOUT_MS;
  while (before !== null && !isThere(pid, before) && performance.now() < until) await Bun.sleep(POLL_MS);
}

/** Whether the process has ended or runs another program. In the middle of execve(2) that has its path already, but no arguments. */
function isThere(pid: number, before: string): boolean {
  const program = programOf(pid);
  if (program === null) return true;
  if (program === before) return false;
  try {
    return readFileSync(`/proc/${pid}/cmdline`).length > 0;
  } catch {
    return true;
  }
}
