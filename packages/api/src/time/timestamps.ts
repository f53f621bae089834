import { fail } from "@berth/base";

const nsPerSecond = 1_000_000_000n;

/**
 * A time from a query, in nanoseconds since the epoch: Unix seconds with up to nine decimals, RFC 3339 (also without
 * seconds or zone, then UTC), or a Go duration that is subtracted from now. null for an empty text.
 * @throws invalid `invalid value for "since": …`
 */
export function parseTime(text: string, options: { readonly name: string; readonly nowNs: bigint }): bigint | null {
  if (text === "") return null;
  const unix = /^(-?\d{1,12})(?:\.(\d*))?$/.exec(text);
  if (unix !== null) return BigInt(unix[1] ?? 0) * nsPerSecond + fraction(unix[2] ?? "");
  const duration = parseDuration(text);
  if (duration !== null) return options.nowNs - duration;
  const date = parseDate(text);
  if (date === null)
    throw fail("invalid", `invalid value for "${options.name}": failed to parse value as time or duration: ${JSON.stringify(text)}`);
  return date;
}

/** `2006-01-02T15:04:05.000000000Z`: nine decimals always, as log lines carry it. */
export function formatTimeFixed(ns: bigint): string {
  const seconds = ns >= 0n ? ns / nsPerSecond : (ns - nsPerSecond + 1n) / nsPerSecond;
  const rest = ns - seconds * nsPerSecond;
  return `${new Date(Number(seconds) * 1000).toISOString().slice(0, 19)}.${rest.toString().padStart(9, "0")}Z`;
}

/** As {@link formatTimeFixed} without the zeros at the fraction's end, as Go's RFC3339Nano. */
export function formatTime(ns: bigint): string {
  return formatTimeFixed(ns).replace(/\.?0*Z$/, "Z");
}

const unitNs: Readonly<Record<string, bigint>> = {
  ns: 1n,
  us: 1_000n,
  µs: 1_000n,
  ms: 1_000_000n,
  s: nsPerSecond,
  m: 60n * nsPerSecond,
  h: 3600n * nsPerSecond,
};

function parseDuration(text: string): bigint | null {
  const sign = text.startsWith("-") ? -1n : 1n;
  const body = text.replace(/^[+-]/, "");
  if (!/^(?:\d{1,15}(?:\.\d{0,9})?(?:ns|us|µs|ms|s|m|h))+$/.test(body)) return null;
  let total = 0n;
  for (const [, whole, decimals, unit] of body.matchAll(/(\d+)(?:\.(\d*))?(ns|us|µs|ms|s|m|h)/g)) {
    const scale = unitNs[unit ?? ""] ?? 0n;
    total += BigInt(whole ?? 0) * scale + (fraction(decimals ?? "") * scale) / nsPerSecond;
  }
  return sign * total;
}

function parseDate(text: string): bigint | null {
  const match = /^(\d{4}-\d{2}-\d{2})(?:T(\d{2})(?::(\d{2}))?(?::(\d{2})(?:\.(\d{1,9}))?)?)?(Z|z|[+-]\d{2}:\d{2})?$/.exec(text);
  if (match === null) return null;
  const [, day, hour = "00", minute = "00", second = "00", decimals = "", zone = "Z"] = match;
  const ms = Date.parse(`${day ?? ""}T${hour}:${minute}:${second}${zone.toUpperCase()}`);
  return Number.isNaN(ms) ? null : BigInt(ms) * 1_000_000n + fraction(decimals);
}

function fraction(decimals: string): bigint {
  return BigInt(decimals.slice(0, 9).padEnd(9, "0"));
}
