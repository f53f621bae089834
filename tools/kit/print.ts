/** `0.4 s`, `12 s`, `3 min 20 s`. */
export function seconds(durationMs: number): string {
  if (durationMs < 9_950) return `${(durationMs / 1000).toFixed(1)} s`;
  const whole = Math.round(durationMs / 1000);
  return whole < 120 ? `${whole} s` : `${Math.floor(whole / 60)} min ${whole % 60} s`;
}

/** Writes the beginning of a line that {@link endLine} completes, so that it can be seen what is under way. */
export function beginLine(title: string): void {
  process.stdout.write(`  ${title.padEnd(46)}`);
}

/** Completes the line that {@link beginLine} began. */
export function endLine(result: string): void {
  process.stdout.write(`${result}\n`);
}

/** Writes one line. */
export function line(text = ""): void {
  process.stdout.write(`${text}\n`);
}
