/** Times of one measurement in milliseconds. */
export interface Series {
  readonly name: string;
  readonly docker: number[];
  readonly berth: number[];
}

/** The middle value; of an even number, the mean of the two in the middle. */
export function median(values: readonly number[]): number {
  const sorted = [...values].sort((one, other) => one - other);
  const middle = sorted.length >> 1;
  const upper = sorted[middle] ?? Number.NaN;
  return sorted.length % 2 === 1 ? upper : (upper + (sorted[middle - 1] ?? Number.NaN)) / 2;
}

/** How long `body` takes, in milliseconds. */
export async function timeMs(body: () => Promise<unknown>): Promise<number> {
  const began = performance.now();
  await body();
  return performance.now() - began;
}

/** A table of medians and ratios. */
export function table(series: readonly Series[]): string {
  const rows = series.map(({ name, docker, berth }) => [
    name,
    `${median(docker).toFixed(1)} ms`,
    `${median(berth).toFixed(1)} ms`,
    (median(berth) / median(docker)).toFixed(2),
    String(berth.length),
  ]);
  const all = [["what", "Docker", "Berth", "ratio", "runs"], ...rows];
  const widths = [0, 1, 2, 3, 4].map((column) => Math.max(...all.map((row) => row[column]?.length ?? 0)));
  return all
    .map((row) => row.map((cell, column) => (column === 0 ? cell.padEnd(widths[0] ?? 0) : cell.padStart(widths[column] ?? 0))).join("   "))
    .join("\n");
}
