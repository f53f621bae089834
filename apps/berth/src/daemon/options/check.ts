import { fail, messageOf } from "@berth/base";
import { parseDuration } from "@berth/spec";
import type { DaemonOptions } from "./options.ts";

/**
 * Labels of the daemon: `key=value`, each key once.
 * @throws invalid with dockerd's words
 */
export function checkLabels(labels: readonly string[]): readonly string[] {
  const values = new Map<string, string>();
  for (const label of labels) {
    const equals = label.indexOf("=");
    if (equals < 1) throw fail("invalid", `bad attribute format: ${label}`);
    const key = label.slice(0, equals);
    const before = values.get(key);
    const value = label.slice(equals + 1);
    if (before !== undefined && before !== value) throw fail("invalid", `conflict labels for ${key}=${value} and ${key}=${before}`);
    values.set(key, value);
  }
  return [...values].map(([key, value]) => `${key}=${value}`);
}

const ulimitNames: ReadonlySet<string> = new Set([
  ...["core", "cpu", "data", "fsize", "locks", "memlock", "msgqueue", "nice", "nofile", "nproc", "rss", "rtprio", "rttime", "sigpending"],
  "stack",
]);

/**
 * Limits from `name → soft[:hard]`; -1 is unlimited.
 * @throws invalid
 */
export function readUlimits(
  pairs: Readonly<Record<string, string>>,
): { readonly Name: string; readonly Soft: number; readonly Hard: number }[] {
  return Object.entries(pairs).map(([name, text]) => {
    const match = /^(-?\d{1,15})(?::(-?\d{1,15}))?$/.exec(text);
    if (!ulimitNames.has(name)) throw fail("invalid", `invalid ulimit type: ${name}`);
    if (match === null) throw fail("invalid", `invalid ulimit argument: ${name}=${text}`);
    const soft = Number(match[1]);
    const hard = match[2] === undefined ? soft : Number(match[2]);
    if (hard !== -1 && (soft === -1 || soft > hard)) {
      throw fail("invalid", `ulimit soft limit must be less than or equal to hard limit: ${String(soft)} > ${String(hard)}`);
    }
    return { Name: name, Soft: soft, Hard: hard };
  });
}

const dayMs = 86_400_000;

/** The waits between restarts, as Go durations. @throws invalid */
export function readBackoff(texts: {
  readonly delay: string;
  readonly maxDelay: string;
  readonly reset: string;
}): DaemonOptions["backoff"] {
  const delayMs = duration("restart-delay", texts.delay);
  const maxDelayMs = duration("restart-max-delay", texts.maxDelay);
  if (delayMs > maxDelayMs)
    throw fail("invalid", `--restart-delay (${texts.delay}) is longer than --restart-max-delay (${texts.maxDelay})`);
  return { delayMs, maxDelayMs, resetMs: duration("restart-reset", texts.reset) };
}

function duration(flag: string, text: string): number {
  let ms: number;
  try {
    ms = parseDuration(text) / 1e6;
  } catch (error) {
    throw fail("invalid", `invalid ${flag}: ${messageOf(error)}`, error);
  }
  if (ms < 1 || ms > dayMs) throw fail("invalid", `invalid ${flag}: ${text} is not between 1ms and 24h`);
  return ms;
}
