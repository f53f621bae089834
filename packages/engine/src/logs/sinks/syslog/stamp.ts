const months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

/** `Jan  2 15:04:05`, in the daemon's time zone (RFC 3164, section 4.1.2). */
export function plainStamp(timeNs: bigint): string {
  const date = dateOf(timeNs);
  return `${months[date.getMonth()] ?? ""} ${String(date.getDate()).padStart(2, " ")} ${clock(date)}`;
}

/** `2006-01-02T15:04:05+01:00`, with microseconds when asked (RFC 5424, section 6.2.3). */
export function rfc3339(timeNs: bigint, micro: boolean): string {
  const date = dateOf(timeNs);
  const day = `${String(date.getFullYear()).padStart(4, "0")}-${two(date.getMonth() + 1)}-${two(date.getDate())}`;
  const fraction = micro ? `.${String((timeNs / 1000n) % 1_000_000n).padStart(6, "0")}` : "";
  const offset = -date.getTimezoneOffset();
  const zone = offset === 0 ? "Z" : `${offset < 0 ? "-" : "+"}${two(Math.floor(Math.abs(offset) / 60))}:${two(Math.abs(offset) % 60)}`;
  return `${day}T${clock(date)}${fraction}${zone}`;
}

function dateOf(timeNs: bigint): Date {
  return new Date(Number(timeNs / 1_000_000n));
}

function clock(date: Date): string {
  return `${two(date.getHours())}:${two(date.getMinutes())}:${two(date.getSeconds())}`;
}

function two(number: number): string {
  return String(number).padStart(2, "0");
}
