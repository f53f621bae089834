/** Seconds since the epoch of an RFC 3339 time as Go's Time.Unix gives it; a missing or odd one is 0. */
export function unixSeconds(text: string | undefined): number {
  const ms = text === undefined ? Number.NaN : Date.parse(text);
  return Number.isNaN(ms) ? 0 : Math.floor(ms / 1000);
}

/** Nanoseconds since the epoch, null when there is no usable time. */
export function unixNanoseconds(text: string | undefined): bigint | null {
  const match = text === undefined ? null : /^(.+?)(?:\.(\d{1,9})\d*)?(Z|[+-]\d\d:\d\d)$/.exec(text);
  const ms = match === null ? Number.NaN : Date.parse(`${match[1]}${match[3]}`);
  if (Number.isNaN(ms)) return null;
  return BigInt(ms) * 1_000_000n + BigInt((match?.[2] ?? "").padEnd(9, "0"));
}
