/** A duration as Go prints it: `1.5s`, `2m0s`, `1h0m0s`, `300ms`. */
export function goDuration(durationMs: number): string {
  if (durationMs < 1000) return durationMs === 0 ? "0s" : `${trim(durationMs)}ms`;
  const minutes = Math.floor(durationMs / 60_000);
  const seconds = `${trim((durationMs - minutes * 60_000) / 1000)}s`;
  if (minutes === 0) return seconds;
  const hours = Math.floor(minutes / 60);
  return hours === 0 ? `${minutes}m${seconds}` : `${hours}h${minutes % 60}m${seconds}`;
}

function trim(value: number): string {
  return String(Number(value.toFixed(9)));
}
