/** The answer of `task`, or a failure that names `what` when there is none in `limitMs`. */
export async function within<T>(limitMs: number, what: string, task: Promise<T>): Promise<T> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const limit = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`${what}: nothing within ${limitMs / 1000} s`)), limitMs);
  });
  try {
    return await Promise.race([task, limit]);
  } finally {
    clearTimeout(timer);
  }
}

/** How many run side by side, and who is told how many are done. */
export interface Lanes {
  readonly atOnce: number;
  readonly onDone?: (done: number) => void;
}

/** Runs `task` for each item, some side by side, until all are done or one fails. */
export async function inParallel<T>(items: readonly T[], lanes: Lanes, task: (item: T) => Promise<unknown>): Promise<void> {
  let next = 0;
  let done = 0;
  let failed = false;
  const worker = async (): Promise<void> => {
    for (let item = items[next++]; item !== undefined && !failed; item = items[next++]) {
      try {
        await task(item);
        lanes.onDone?.(++done);
      } catch (error) {
        failed = true;
        throw error;
      }
    }
  };
  await Promise.all(Array.from({ length: Math.min(lanes.atOnce, items.length) }, worker));
}
