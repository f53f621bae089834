import type { RestartPolicy } from "@berth/spec";
import type { Core } from "../../core.ts";
import { isChanging } from "../change/progress.ts";
import { type Backoff, backoffOf } from "../extensions.ts";
import type { ContainerRecord } from "../record.ts";

/** Whether a policy starts a container again after its program ended, or could not be started, with `exitCode`. */
export function wantsRestart(policy: RestartPolicy, outcome: { readonly exitCode: number; readonly restartCount: number }): boolean {
  switch (policy.Name) {
    case "always":
    case "unless-stopped":
      return true;
    case "on-failure":
      return outcome.exitCode !== 0 && (policy.MaximumRetryCount === 0 || outcome.restartCount < policy.MaximumRetryCount);
    default:
      return false;
  }
}

/** Whether a container that has just ended, or failed to start, is to be started again: by its policy, or because it was unhealthy. */
export function startsAgain(core: Pick<Core, "restarts">, record: ContainerRecord, exitCode: number): boolean {
  if (record.stoppedByUser || core.restarts.closed) return false;
  const outcome = { exitCode, restartCount: record.restartCount };
  return record.health?.acting === "restart" || wantsRestart(record.hostConfig.RestartPolicy, outcome);
}

/**
 * Whether the daemon starts a container when it starts itself: `always` even if it was stopped by hand, others only if
 * not. Docker does not ask that for `on-failure`, and starts what its user has stopped.
 */
export function startsAtBoot(record: ContainerRecord): boolean {
  const { hostConfig, life, stoppedByUser, exitCode, restartCount } = record;
  // The end of its change starts it.
  if (isChanging(record)) return false;
  if (life.status === "restarting") return true;
  if (life.status !== "exited") return false;
  if (hostConfig.RestartPolicy.Name === "always") return true;
  if (stoppedByUser) return false;
  return record.health?.acting === "restart" || wantsRestart(hostConfig.RestartPolicy, { exitCode, restartCount });
}

/** The wait before the next start: the first one, or twice the last, unless the container ran for long enough in between. */
export function nextDelayMs(lastMs: number, ranMs: number, backoff: Backoff): number {
  return lastMs === 0 || ranMs >= backoff.resetMs ? backoff.delayMs : Math.min(lastMs * 2, backoff.maxDelayMs);
}

/** The wait before the next start of a container that ran for `ranMs`, by its own settings and the daemon's. */
export function delayAfterMs(core: Pick<Core, "settings">, record: ContainerRecord, ranMs: number): number {
  return nextDelayMs(record.backoffMs, ranMs, backoffOf(record.hostConfig.Annotations, core.settings.backoff));
}
