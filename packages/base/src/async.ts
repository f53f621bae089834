/** A promise with its two handles outside. */
export interface Deferred<T> {
  readonly promise: Promise<T>;
  readonly resolve: (value: T) => void;
  readonly reject: (reason: unknown) => void;
}

/** Makes a {@link Deferred}. */
export function deferred<T>(): Deferred<T> {
  return Promise.withResolvers<T>();
}

/**
 * Waits until all have ended and then fails with the first failure. For work that has to be undone after a failure: with
 * `Promise.all` the rest of it would still be going on then.
 */
export async function untilAllEnded(work: readonly Promise<unknown>[]): Promise<void> {
  for (const result of await Promise.allSettled(work)) if (result.status === "rejected") throw result.reason;
}

/** Runs tasks one after another in the order they were asked for. */
export class Mutex {
  #tail: Promise<unknown> = Promise.resolve();
  #waiting = 0;

  /** Whether nobody holds or awaits the lock. */
  get idle(): boolean {
    return this.#waiting === 0;
  }

  /** Runs `task` when all earlier tasks have ended; its failure does not stop later ones. */
  run<T>(task: () => Promise<T> | T): Promise<T> {
    this.#waiting++;
    const result = this.#tail.then(task);
    this.#tail = result.then(
      () => {
        this.#waiting--;
      },
      () => {
        this.#waiting--;
      },
    );
    return result;
  }
}

/** Runs so many tasks at a time; others wait in the order they were asked for. */
export class Limiter {
  readonly #most: number;
  readonly #waiting: (() => void)[] = [];
  #running = 0;

  constructor(most: number) {
    this.#most = most;
  }

  async run<T>(task: () => Promise<T>): Promise<T> {
    if (this.#running >= this.#most) await new Promise<void>((resolve) => this.#waiting.push(resolve));
    else this.#running++;
    try {
      return await task();
    } finally {
      // The place is handed over, so that nobody who comes now is before those who wait.
      const next = this.#waiting.shift();
      if (next === undefined) this.#running--;
      else next();
    }
  }
}

/** One {@link Mutex} per key; keys that nobody uses take no memory. */
export class KeyedMutex {
  readonly #locks = new Map<string, Mutex>();

  /** Runs `task` when all earlier tasks of the same key have ended. */
  async run<T>(key: string, task: () => Promise<T> | T): Promise<T> {
    let lock = this.#locks.get(key);
    if (lock === undefined) {
      lock = new Mutex();
      this.#locks.set(key, lock);
    }
    const held = lock;
    try {
      return await held.run(task);
    } finally {
      if (held.idle && this.#locks.get(key) === held) this.#locks.delete(key);
    }
  }
}

/** Waits `ms` milliseconds, or until `signal` aborts (then it rejects with the signal's reason). */
export function sleep(ms: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    if (signal?.aborted) {
      reject(signal.reason);
      return;
    }
    const onAbort = (): void => {
      clearTimeout(timer);
      reject(signal?.reason);
    };
    const timer = setTimeout(() => {
      signal?.removeEventListener("abort", onAbort);
      resolve();
    }, ms);
    signal?.addEventListener("abort", onAbort, { once: true });
  });
}
