/** What Docker shows for a time that never came. */
export const zeroTime = "0001-01-01T00:00:00Z";

/** Nanoseconds since the epoch as RFC 3339 in UTC; trailing zeros of the fraction are left out, as Go's RFC3339Nano does. */
export function rfc3339(timeNs: bigint): string {
  const seconds = timeNs / 1_000_000_000n;
  const fraction = (timeNs % 1_000_000_000n).toString().padStart(9, "0").replace(/0+$/, "");
  const whole = new Date(Number(seconds) * 1000).toISOString().slice(0, 19);
  return fraction === "" ? `${whole}Z` : `${whole}.${fraction}Z`;
}

/** Nanoseconds since the epoch of an RFC 3339 time; null for the zero time and for what is no time. */
export function parseTimeNs(text: string): bigint | null {
  if (text === zeroTime) return null;
  const match = /^(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(?:\.(\d{1,9}))?(Z|[+-]\d\d:\d\d)$/.exec(text);
  if (match === null) return null;
  const ms = Date.parse(`${match[1]}${match[3]}`);
  if (Number.isNaN(ms)) return null;
  return BigInt(ms) * 1_000_000n + BigInt((match[2] ?? "").padEnd(9, "0"));
}

/** Milliseconds since the epoch; 0 for the zero time and for what is no time. */
export function timeMs(text: string): number {
  return text === zeroTime ? 0 : Date.parse(text) || 0;
}

/** A duration in words, as `ps` shows it ("2 minutes", "About an hour"); the steps are those of Docker's go-units. */
export function humanDuration(durationMs: number): string {
  const seconds = Math.floor(durationMs / 1000);
  if (seconds < 1) return "Less than a second";
  if (seconds === 1) return "1 second";
  if (seconds < 60) return `${seconds} seconds`;
  const minutes = Math.floor(seconds / 60);
  if (minutes === 1) return "About a minute";
  if (minutes < 60) return `${minutes} minutes`;
  const hours = Math.round(durationMs / 3_600_000);
  if (hours === 1) return "About an hour";
  if (hours < 48) return `${hours} hours`;
  const wholeHours = Math.trunc(durationMs / 3_600_000);
  if (wholeHours < 24 * 7 * 2) return `${Math.trunc(wholeHours / 24)} days`;
  if (wholeHours < 24 * 30 * 2) return `${Math.trunc(wholeHours / 24 / 7)} weeks`;
  if (wholeHours < 24 * 365 * 2) return `${Math.trunc(wholeHours / 24 / 30)} months`;
  return `${Math.trunc(wholeHours / 24 / 365)} years`;
}
