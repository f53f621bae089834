import type { RestartPolicy } from "@berth/spec";

const firstDelayMs = 100;
const maxDelayMs = 60_000;
const steadyMs = 10_000;

/** Whether a policy starts a container again after its program ended with `exitCode`. */
export function wantsRestart(policy: RestartPolicy, outcome: { readonly exitCode: number; readonly restartCount: number }): boolean {
  switch (policy.Name) {
    case "always":
    case "unless-stopped":
      return true;
    case "on-failure":
      return outcome.exitCode !== 0 && (policy.MaximumRetryCount === 0 || outcome.restartCount < policy.MaximumRetryCount);
    default:
      return false;
  }
}

/** The waits before containers start again: 100 ms, doubled each time up to a minute, from the start again after ten good seconds. */
export class RestartTimers {
  readonly #delays = new Map<string, number>();
  readonly #timers = new Map<string, Timer>();
  #closed = false;
  #held = true;

  /** The daemon ends: nothing is started again. */
  get closed(): boolean {
    return this.#closed;
  }

  /** The wait before the next start of a container that ran for `ranMs`. */
  nextDelayMs(id: string, ranMs: number): number {
    const before = this.#delays.get(id);
    const delay = before === undefined || ranMs >= steadyMs ? firstDelayMs : Math.min(before * 2, maxDelayMs);
    this.#delays.set(id, delay);
    return delay;
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
    this.#timers.set(
      id,
      setTimeout(() => {
        this.#timers.delete(id);
        task();
      }, delayMs),
    );
  }

  /** Cancels what is planned; true when something was. */
  cancel(id: string): boolean {
    const timer = this.#timers.get(id);
    clearTimeout(timer);
    return this.#timers.delete(id);
  }

  /** Forgets the delay as well: somebody started or stopped the container by hand. */
  forget(id: string): void {
    this.cancel(id);
    this.#delays.delete(id);
  }

  /** Cancels everything; for the daemon's end. */
  close(): void {
    this.#closed = true;
    for (const id of [...this.#timers.keys()]) this.cancel(id);
  }
}
