import { type Clock, Limiter } from "@berth/base";

const startsAtATime = 4;

/** Starts that are planned, and those by policy that are under way. */
export class RestartTimers {
  readonly #clock: Clock;
  readonly #planned = new Map<string, { readonly atMs: number; readonly cancel: () => void }>();
  readonly #starts = new Limiter(startsAtATime);
  #closed = false;
  #held = true;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** The daemon ends: nothing is started again. */
  get closed(): boolean {
    return this.#closed;
  }

  /** Recovery has ended: from now on plans are carried out. */
  release(): void {
    this.#held = false;
  }

  /** Calls `task` after the wait; a later call for the same container replaces it. */
  schedule(id: string, delayMs: number, task: () => void): void {
    // What recovery finds waiting is started when recovery has ended, not in the middle of it.
    if (this.#closed || this.#held) return;
    this.cancel(id);
    const cancel = this.#clock.after(delayMs, () => {
      this.#planned.delete(id);
      task();
    });
    this.#planned.set(id, { atMs: this.#clock.monotonicMs() + delayMs, cancel });
  }

  /** How long it is until a container's planned start; null when none is planned. */
  leftMs(id: string): number | null {
    const planned = this.#planned.get(id);
    return planned === undefined ? null : Math.max(0, planned.atMs - this.#clock.monotonicMs());
  }

  /** Waits for a place among those that start: a thousand containers that end together do not start together. */
  start<T>(task: () => Promise<T>): Promise<T> {
    return this.#starts.run(task);
  }

  /** Cancels what is planned; true when something was. */
  cancel(id: string): boolean {
    this.#planned.get(id)?.cancel();
    return this.#planned.delete(id);
  }

  /** Cancels everything; for the daemon's end. */
  close(): void {
    this.#closed = true;
    for (const id of [...this.#planned.keys()]) this.cancel(id);
  }
}
