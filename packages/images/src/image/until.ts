import { fail } from "@berth/base";

const unitsMs: Readonly<Record<string, number>> = { h: 3_600_000, m: 60_000, s: 1_000, ms: 1, us: 1e-3, µs: 1e-3, ns: 1e-6 };

/**
 * A point of time as Docker's filters take it: seconds since the epoch, RFC 3339 (also a date alone), or a Go duration
 * before now (`10m`, `1h30m`).
 * @returns nanoseconds since the epoch
 * @throws invalid
 */
export function parseUntil(text: string, nowMs: number): bigint {
  const seconds = /^(\d{1,12})(?:\.(\d{1,9}))?$/.exec(text);
  if (seconds !== null) return BigInt(seconds[1] ?? "0") * 1_000_000_000n + BigInt((seconds[2] ?? "").padEnd(9, "0"));
  if (/^(?:\d+(?:\.\d+)?(?:h|ms|us|µs|ns|m|s))+$/.test(text) && text.length < 64) {
    let ms = 0;
    for (const [, amount = "0", unit = "s"] of text.matchAll(/(\d+(?:\.\d+)?)(h|ms|us|µs|ns|m|s)/g))
      ms += Number(amount) * (unitsMs[unit] ?? 0);
    return BigInt(Math.round(nowMs - ms)) * 1_000_000n;
  }
  const date = /^\d{4}-\d\d-\d\d(?:T\d\d:\d\d(?::\d\d(?:\.\d+)?)?(?:Z|[+-]\d\d:\d\d)?)?$/.test(text) ? Date.parse(text) : Number.NaN;
  if (Number.isNaN(date))
    throw fail("invalid", `invalid value for 'until' filter: failed to parse value as time or duration: ${JSON.stringify(text)}`);
  return BigInt(date) * 1_000_000n;
}
