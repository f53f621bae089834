import type { HealthConfig } from "@berth/spec";
import type { Parsed } from "../../args/parse.ts";

const settings = ["health-interval", "health-timeout", "health-start-period", "health-retries", "health-start-interval"];

/** The health check that was asked for, or undefined to keep the image's. Throws with docker's words. */
export function parseHealth(parsed: Parsed): HealthConfig | undefined {
  const command = parsed.string("health-cmd");
  const given = command !== "" || settings.some((name) => parsed.number(name) !== 0);
  if (parsed.bool("no-healthcheck")) {
    if (given) throw new Error("--no-healthcheck conflicts with --health-* options");
    return { Test: ["NONE"] };
  }
  if (!given) return undefined;
  for (const name of settings) if (parsed.number(name) < 0) throw new Error(`--${name} cannot be negative`);
  const health: HealthConfig = {};
  if (command !== "") health.Test = ["CMD-SHELL", command];
  if (parsed.number("health-interval") !== 0) health.Interval = parsed.number("health-interval");
  if (parsed.number("health-timeout") !== 0) health.Timeout = parsed.number("health-timeout");
  if (parsed.number("health-start-period") !== 0) health.StartPeriod = parsed.number("health-start-period");
  if (parsed.number("health-start-interval") !== 0) health.StartInterval = parsed.number("health-start-interval");
  if (parsed.number("health-retries") !== 0) health.Retries = parsed.number("health-retries");
  return health;
}
