import type { ProgressMessage } from "@berth/spec";

/** Width of the bar in Docker's `progress` text. */
const barWidth = 50;
const units = ["B", "kB", "MB", "GB", "TB"];

/** What Docker sends while a layer is loaded: one message at the start and one at the end. */
export function* layerProgress(id: string, totalBytes: number): Generator<ProgressMessage> {
  for (const current of [Math.min(totalBytes, 32_768), totalBytes]) {
    yield { status: "Loading layer", progressDetail: { current, total: totalBytes }, progress: progressText(current, totalBytes), id };
  }
}

/** `[=====>     ]  32.77kB/1.03MB`, as Docker's jsonmessage writes it. */
export function progressText(current: number, total: number): string {
  const steps = total <= 0 ? barWidth : Math.min(barWidth, Math.floor(Math.trunc((current / total) * 100) / 2));
  const bar = `[${"=".repeat(steps)}>${" ".repeat(barWidth - steps)}]`;
  return `${bar} ${humanSize(current).padStart(8)}/${humanSize(total)}`;
}

/** Four significant digits and a decimal unit, as docker/go-units writes sizes. */
function humanSize(bytes: number): string {
  let value = bytes;
  let unit = 0;
  while (value >= 1000 && unit < units.length - 1) {
    value /= 1000;
    unit++;
  }
  return `${Number(value.toPrecision(4))}${units[unit] ?? ""}`;
}
