import type { HealthPlan } from "./plan.ts";

const keptResults = 5;

/** What is done once when a container becomes unhealthy. */
export type HealthAction = "restart" | "stop" | "kill";

/** What one check found. */
export interface HealthResult {
  /** RFC 3339. */
  readonly start: string;
  readonly end: string;
  /** -1 when the check could not be run, or not to its end. */
  readonly exitCode: number;
  readonly output: string;
}

/** How healthy a container is. Kept with its record: a daemon that starts again goes on from here. */
export interface HealthState {
  readonly status: "starting" | "healthy" | "unhealthy";
  readonly failingStreak: number;
  /** The last five, oldest first. */
  readonly log: readonly HealthResult[];
  /** What was decided when it became unhealthy and has not come to its end. */
  readonly acting: HealthAction | null;
}

/** The state at a start: nothing is known yet; as in Docker the results of the last run are still shown. */
export function startingHealth(plan: HealthPlan | null, before: HealthState | null): HealthState | null {
  return plan === null ? null : { status: "starting", failingStreak: 0, log: before?.log ?? [], acting: null };
}

/** The state of a container that is not checked any more, because it has ended or is paused: Docker calls it unhealthy. */
export function uncheckedHealth(before: HealthState | null): HealthState | null {
  return before === null ? null : { ...before, status: "unhealthy" };
}

/** The state after a check that began `sinceStartMs` after the container did. */
export function afterCheck(
  before: HealthState,
  result: HealthResult,
  at: { readonly plan: HealthPlan; readonly sinceStartMs: number },
): HealthState {
  const log = [...before.log, result].slice(-keptResults);
  if (result.exitCode === 0) return { ...before, status: "healthy", failingStreak: 0, log };
  // Who has never been healthy has its start period to become so.
  if (before.status === "starting" && at.sinceStartMs < at.plan.startPeriodMs) return { ...before, log };
  const failingStreak = before.failingStreak + 1;
  return { ...before, log, failingStreak, status: failingStreak >= at.plan.retries ? "unhealthy" : before.status };
}
