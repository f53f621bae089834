import { readFileSync } from "node:fs";
import { processStat } from "../process-stat.ts";

const LOOK_MS = 500;
/** A monitor answers within milliseconds of its runtime's end; on a machine that is very busy it may take a second. */
const LOOKS_UNTIL_LOST = 6;

/**
 * Resolves when the runtime of a monitor that has not answered yet was killed. conmon would wait for ever then: it reads the
 * runtime's complaints to their end, and the first process of the container, which nobody will ever start, holds them open.
 * @param monitorPid what is known of the monitor's pid by now
 * @param signal ends the watch, which resolves then too
 */
export async function runtimeLost(monitorPid: () => number | null, signal: AbortSignal): Promise<void> {
  for (let looks = 0; looks < LOOKS_UNTIL_LOST && !signal.aborted; ) {
    await sleep(LOOK_MS, signal);
    const pid = monitorPid();
    looks = pid !== null && hasOnlyContainer(pid) ? looks + 1 : 0;
  }
}

/** Whether a monitor has children, and all are first processes of containers: those have sessions of their own, runtimes do not. */
function hasOnlyContainer(monitorPid: number): boolean {
  const own = processStat(monitorPid)?.session;
  if (own === undefined) return false;
  let children: string[];
  try {
    children = readFileSync(`/proc/${monitorPid}/task/${monitorPid}/children`, "utf8").trim().split(" ");
  } catch {
    return false;
  }
  const sessions = children.filter((child) => child !== "").map((child) => processStat(Number(child))?.session);
  return sessions.length > 0 && sessions.every((session) => session !== undefined && session !== own);
}

function sleep(ms: number, signal: AbortSignal): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  const timer = setTimeout(resolve, ms);
  signal.addEventListener("abort", () => {
    clearTimeout(timer);
    resolve();
  });
  return promise;
}
