import { fail, messageOf } from "@berth/base";
import { checkLogConfig, type LogConfig } from "../../containers/create/check-log-config.ts";
import { logBounds } from "./bounds.ts";

/** Checks the daemon's own log options, which containers get that ask for none. Throws invalid. */
export function checkLogDefaults(config: LogConfig): void {
  if (Object.keys(config.Config).length === 0) return;
  try {
    checkLogConfig(config);
    if (config.Type !== "none") logBounds(config);
  } catch (error) {
    throw fail("invalid", `failed to set log opts: ${messageOf(error)}`, error);
  }
}

/**
 * The options of a container's log: the daemon's are for the daemon's driver only, but those of the copy that is kept to
 * be read (`cache-…`) are for all.
 */
export function withLogDefaults(asked: LogConfig, defaults: LogConfig): Record<string, string> {
  const kept = Object.entries(defaults.Config).filter(([key]) => asked.Type === defaults.Type || key.startsWith("cache-"));
  return { ...Object.fromEntries(kept), ...asked.Config };
}
