import type { Core } from "../core.ts";
import type { WaitCondition, WaitResult } from "../ports.ts";

/**
 * Waits for a condition; registered when it returns. `not-running` of a container that does not run is met at once,
 * with its last exit code. Throws not-found.
 */
export function waitForContainer(
  core: Core,
  reference: string,
  condition: WaitCondition,
): { readonly result: Promise<WaitResult>; readonly cancel: () => void } {
  const record = core.records.lookup(reference);
  const status = record.life.status;
  if (condition === "not-running" && status !== "running" && status !== "paused" && status !== "restarting") {
    return { result: Promise.resolve({ StatusCode: record.exitCode, Error: null }), cancel: () => undefined };
  }
  return core.waiters.add(record.id, condition);
}
