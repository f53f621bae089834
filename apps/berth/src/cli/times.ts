import { DurationError, parseDuration } from "@berth/spec";

/**
 * A moment as `--since` and `--until` take it, in seconds since the epoch with a fraction: a duration counts back from
 * now, a date or RFC 3339 time without a zone is local, and seconds stay as they are.
 * @throws with docker's words
 */
export function parseMoment(text: string, nowMs: number): string {
  if (text === "") return "";
  const duration = tryDuration(text);
  if (duration !== undefined) return seconds(BigInt(Math.round(nowMs)) * 1_000_000n - BigInt(duration));
  const date = /^(\d{4}-\d{2}-\d{2})(?:T(\d{2})(?::(\d{2})(?::(\d{2})(?:\.(\d{1,9}))?)?)?)?(Z|[+-]\d{2}:\d{2})?$/.exec(text);
  if (date === null) {
    if (/^-?\d+(\.\d{1,9})?$/.test(text)) return text;
    throw new Error(`failed to parse value as time or duration: ${JSON.stringify(text)}`);
  }
  const [, day = "", hour = "00", minute = "00", second = "00", fraction = "", zone = ""] = date;
  const ms = Date.parse(`${day}T${hour}:${minute}:${second}${zone}`);
  if (Number.isNaN(ms)) throw new Error(`failed to parse value as time or duration: ${JSON.stringify(text)}`);
  return seconds(BigInt(ms) * 1_000_000n + BigInt(fraction.padEnd(9, "0")));
}

function tryDuration(text: string): number | undefined {
  if (/^\d+$/.test(text)) return undefined;
  try {
    return parseDuration(text);
  } catch (error) {
    if (error instanceof DurationError) return undefined;
    throw error;
  }
}

function seconds(nanoseconds: bigint): string {
  return `${nanoseconds / 1_000_000_000n}.${String(nanoseconds % 1_000_000_000n).padStart(9, "0")}`;
}
