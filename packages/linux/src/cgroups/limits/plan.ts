/** One limit on its way to the kernel. */
export interface LimitWrite {
  /** By its v1 name. */
  readonly controller: "memory" | "cpu" | "cpuset" | "pids" | "blkio";
  /** The files that take it, of which the first that is there is written; a text of null is what the parent's file says. */
  readonly into: readonly { readonly file: string; readonly text: string | null }[];
  /** It is the usual value: no error where the kernel has no such file. */
  readonly usual: boolean;
}

/** The usual values of cpu.shares, cpu.cfs_period_us and blkio.bfq.weight. */
export const usualShares = 1024;
export const usualPeriodUs = 100_000;
export const usualWeight = 100;

/** A write into one file. */
export function writeOf(
  controller: LimitWrite["controller"],
  file: string,
  value: number | string | null,
  options: { readonly usual: boolean },
): LimitWrite {
  return { controller, into: [{ file, text: value === null ? null : String(value) }], usual: options.usual };
}
