import { fail } from "@berth/base";
import { parseTime } from "./timestamps.ts";

/**
 * The filter `until` of a prune: what was made later than that stays. null without one.
 * @throws invalid with Docker's words for a bad time, and for more than one
 */
export function parsePruneUntil(values: readonly string[], nowNs: bigint): bigint | null {
  const [text, ...more] = values;
  if (text === undefined) return null;
  if (more.length > 0) throw fail("invalid", "more than one until filter specified");
  const untilNs = tryTime(text, nowNs);
  if (untilNs === null) throw fail("invalid", `failed to parse value as time or duration: ${JSON.stringify(text)}`);
  return untilNs;
}

function tryTime(text: string, nowNs: bigint): bigint | null {
  try {
    return parseTime(text, { name: "until", nowNs });
  } catch {
    return null;
  }
}
