import type { ContainerConfig } from "@berth/spec";

/** How a container is checked: its config with Docker's defaults filled in. */
export interface HealthPlan {
  readonly command: readonly string[];
  readonly intervalMs: number;
  readonly timeoutMs: number;
  readonly startPeriodMs: number;
  readonly startIntervalMs: number;
  readonly retries: number;
}

const nsPerMs = 1e6;
const defaultIntervalMs = 30_000;
const defaultTimeoutMs = 30_000;
const defaultStartIntervalMs = 5000;
const defaultRetries = 3;

/** The plan of a container; null when it has no check, or one that means nothing (as in Docker that is no error). */
export function healthPlan(config: Pick<ContainerConfig, "Healthcheck" | "Shell">): HealthPlan | null {
  const health = config.Healthcheck;
  const [kind, ...words] = health?.Test ?? [];
  if (health === undefined || words.length === 0) return null;
  if (kind !== "CMD" && kind !== "CMD-SHELL") return null;
  const shell = config.Shell === undefined || config.Shell.length === 0 ? ["/bin/sh", "-c"] : config.Shell;
  const ms = (ns: number | undefined, otherwiseMs: number): number => (ns ? ns / nsPerMs : otherwiseMs);
  const retries = health.Retries ?? 0;
  return {
    command: kind === "CMD" ? words : [...shell, ...words],
    intervalMs: ms(health.Interval, defaultIntervalMs),
    timeoutMs: ms(health.Timeout, defaultTimeoutMs),
    startPeriodMs: ms(health.StartPeriod, 0),
    startIntervalMs: ms(health.StartInterval, defaultStartIntervalMs),
    retries: retries > 0 ? retries : defaultRetries,
  };
}

/** The pause before the next check: shorter while the container starts. */
export function pauseBeforeCheckMs(plan: HealthPlan, moment: { readonly sinceStartMs: number; readonly starting: boolean }): number {
  return moment.starting && moment.sinceStartMs < plan.startPeriodMs ? plan.startIntervalMs : plan.intervalMs;
}
