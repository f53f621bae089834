/**
 * A moment in local time as Go's `time.Time.String` writes it without a fraction: `2026-11-21 22:13:29 +0000 UTC`.
 * @param seconds since the epoch
 */
export function formatLocalTime(seconds: number): string {
  const date = new Date(seconds * 1000);
  const { day, clock } = localParts(date);
  return `${day} ${clock} ${localOffset(date, "")} ${zoneName(date)}`;
}

/** A moment in local time as RFC 3339 without a fraction: `2026-11-21T22:13:29Z`. */
export function formatLocalRfc3339(seconds: number): string {
  const date = new Date(seconds * 1000);
  const { day, clock } = localParts(date);
  return `${day}T${clock}${localOffset(date, ":", "Z")}`;
}

/** A moment in local time as RFC 3339 with exactly nine digits of fraction. */
export function formatLocalNano(nanoseconds: bigint): string {
  const seconds = nanoseconds / 1_000_000_000n;
  const date = new Date(Number(seconds) * 1000);
  const { day, clock } = localParts(date);
  const fraction = String(nanoseconds % 1_000_000_000n).padStart(9, "0");
  return `${day}T${clock}.${fraction}${localOffset(date, ":", "Z")}`;
}

function localParts(date: Date): { day: string; clock: string } {
  const two = (value: number): string => String(value).padStart(2, "0");
  return {
    day: `${String(date.getFullYear()).padStart(4, "0")}-${two(date.getMonth() + 1)}-${two(date.getDate())}`,
    clock: `${two(date.getHours())}:${two(date.getMinutes())}:${two(date.getSeconds())}`,
  };
}

function localOffset(date: Date, separator: string, zero?: string): string {
  const minutes = -date.getTimezoneOffset();
  if (minutes === 0 && zero !== undefined) return zero;
  const size = Math.abs(minutes);
  const two = (value: number): string => String(value).padStart(2, "0");
  return `${minutes < 0 ? "-" : "+"}${two(Math.trunc(size / 60))}${separator}${two(size % 60)}`;
}

function zoneName(date: Date): string {
  if (date.getTimezoneOffset() === 0) {
    const zone = Intl.DateTimeFormat().resolvedOptions().timeZone;
    if (zone === "UTC" || zone.startsWith("Etc/")) return "UTC";
  }
  // Each English locale knows the abbreviations of its own part of the world; Go reads them from tzdata.
  for (const locale of ["en-US", "en-GB", "en-IN", "en-AU"]) {
    const parts = new Intl.DateTimeFormat(locale, { timeZoneName: "short" }).formatToParts(date);
    const name = parts.find((part) => part.type === "timeZoneName")?.value;
    if (name !== undefined && /^[A-Z]{2,5}$/.test(name) && name !== "GMT") return name;
  }
  return localOffset(date, "").replace(/00$/, "");
}
