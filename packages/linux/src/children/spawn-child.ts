import { type ChildProcess, spawn } from "node:child_process";

const waitedFor = new Set<number>();

/**
 * `Bun.spawn` for whoever lives in one process with an orphan reaper: the child's exit status belongs to the caller, and
 * the reaper leaves it alone ({@link isWaitedFor}). Same parameters, result and errors.
 */
export const spawnChild = ((...parameters: Parameters<typeof Bun.spawn>) => {
  const child = Bun.spawn(...parameters);
  waitedFor.add(child.pid);
  const forget = (): void => void waitedFor.delete(child.pid);
  void child.exited.then(forget, forget);
  return child;
}) as typeof Bun.spawn;

/** {@link spawnChild} by `node:child_process`, whose streams can be piped through. */
export const spawnPiped = ((...parameters: Parameters<typeof spawn>): ChildProcess => {
  const child = spawn(...parameters);
  const { pid } = child;
  if (pid !== undefined) {
    waitedFor.add(pid);
    child.once("exit", () => waitedFor.delete(pid));
  }
  return child;
}) as typeof spawn;

/** Whether a child was started here and somebody waits for its exit status. */
export function isWaitedFor(pid: number): boolean {
  return waitedFor.has(pid);
}
