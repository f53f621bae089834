/** The newest Engine API that Berth speaks, and what a request without a version prefix gets. */
export const newestApiVersion = "1.51";
/** The oldest Engine API that Berth still answers. */
export const oldestApiVersion = "1.24";

/**
 * Compares two dotted versions number by number, as Docker does: missing parts count as 0.
 * @returns below 0, 0 or above 0
 */
export function compareVersions(a: string, b: string): number {
  const left = a.split(".");
  const right = b.split(".");
  for (let index = 0; index < Math.max(left.length, right.length); index++) {
    const difference = partOf(left, index) - partOf(right, index);
    if (difference !== 0) return difference;
  }
  return 0;
}

/** Whether `version` is `wanted` or newer. */
export function isAtLeast(version: string, wanted: string): boolean {
  return compareVersions(version, wanted) >= 0;
}

function partOf(parts: readonly string[], index: number): number {
  const part = parts[index] ?? "";
  return /^\d{1,9}$/.test(part) ? Number(part) : 0;
}
