import { messageOf } from "@berth/base";
import { emitContainerEvent } from "../containers/events.ts";
import { readExtensions } from "../containers/extensions.ts";
import { isRunning, monotonicStartMs, processOf } from "../containers/record.ts";
import { stopRunning } from "../containers/stop.ts";
import { killAndWait } from "../containers/stop/kill-and-wait.ts";
import type { Core } from "../core.ts";
import type { HealthWork } from "./monitors.ts";
import { probe } from "./probe.ts";
import { afterCheck, type HealthState } from "./state.ts";

/** What the monitors do, on an engine. */
export function healthWork(core: () => Core): HealthWork {
  return {
    probe: (id, plan, signal) => probe(core(), id, { plan, signal }),
    note: (id, result, check) => note(core(), id, result, check),
    isStarting: (id) => core().records.get(id)?.health?.status === "starting",
  };
}

/**
 * Takes note of what a check found, tells of a change, and does what is to be done when the container has become unhealthy.
 * Only a change goes to the disk: a daemon that is killed loses the words of good results, nothing else.
 */
async function note(
  core: Core,
  id: string,
  ...[result, check]: Parameters<HealthWork["note"]> extends [string, ...infer Rest] ? Rest : never
): Promise<void> {
  const acts = await core.locks.run(id, async () => {
    const record = core.records.get(id);
    const process = record === null ? null : processOf(record);
    if (check.signal.aborted || record === null || process === null || record.health === null) return false;
    const before = record.health;
    const seen = afterCheck(before, result, { plan: check.plan, sinceStartMs: check.beganMs - monotonicStartMs(process) });
    // By its streak, not its status: that is "unhealthy" after a pause too.
    const { retries } = check.plan;
    const failed = seen.failingStreak >= retries && before.failingStreak < retries && !record.stoppedByUser;
    const acting = failed ? readExtensions(record.hostConfig.Annotations).healthOnFailure : before.acting;
    const health: HealthState = { ...seen, acting };
    if (health.status === before.status && health.failingStreak === before.failingStreak) {
      core.records.remember(id, { health });
      return false;
    }
    const after = await core.steps.run("health.row", () => core.records.update(id, { health }));
    if (health.status !== before.status) emitContainerEvent(core, after, `health_status: ${health.status}`);
    return failed && acting !== null;
  });
  // Not under the lock, and not waited for: it ends the container, and with it the checks.
  if (acts) void actOnFailure(core, id);
}

/**
 * Does what was decided when a container became unhealthy; also for what a daemon decided that was killed then. A
 * container that somebody has stopped meanwhile is left alone. Never throws.
 */
export async function actOnFailure(core: Core, id: string): Promise<void> {
  const record = core.records.get(id);
  const action = record?.health?.acting ?? null;
  if (record === null || action === null || record.stoppedByUser || !isRunning(record)) return;
  core.log.warn("a container is unhealthy", { id, action });
  try {
    await core.steps.run("health.act", async () => {
      if (action === "kill") await killAndWait(core, id);
      else await stopRunning(core, id, { timeoutS: null, signal: null, byUser: action === "stop" });
    });
  } catch (error) {
    core.log.error("an unhealthy container was not dealt with", { id, action, error: messageOf(error) });
  }
}
