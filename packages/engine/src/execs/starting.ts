import { fail } from "@berth/base";
import { isPaused } from "../containers/words.ts";

/**
 * Keeps the start of execs and the freezing of a container apart: a runtime that is frozen on its way into the container
 * never arrives. Starts go side by side; a freeze waits for those that are under way, and those that come then are refused.
 */
export class StartingExecs {
  readonly #counts = new Map<string, number>();
  readonly #held = new Set<string>();
  readonly #waiting = new Map<string, () => void>();

  /** Throws conflict, in Docker's words, when the container is about to be paused. */
  refuseHeld(containerId: string): void {
    if (this.#held.has(containerId)) throw isPaused(containerId);
  }

  /** Runs the start of an exec; throws as {@link refuseHeld}. */
  async run<T>(containerId: string, start: () => Promise<T>): Promise<T> {
    this.refuseHeld(containerId);
    this.#counts.set(containerId, this.#count(containerId) + 1);
    try {
      return await start();
    } finally {
      const left = this.#count(containerId) - 1;
      if (left > 0) this.#counts.set(containerId, left);
      else {
        this.#counts.delete(containerId);
        this.#waiting.get(containerId)?.();
      }
    }
  }

  /**
   * Runs `freeze` when no exec of the container is being started, and lets none begin meanwhile. The caller holds the
   * container's lock, so there is one at a time. Throws timeout when a start takes longer than `timeoutMs`.
   */
  async whileNone<T>(containerId: string, timeoutMs: number, freeze: () => Promise<T>): Promise<T> {
    this.#held.add(containerId);
    try {
      if (this.#count(containerId) > 0 && !(await this.#emptied(containerId, timeoutMs))) {
        throw fail("timeout", `cannot pause container ${containerId}: an exec is still being started in it`);
      }
      return await freeze();
    } finally {
      this.#held.delete(containerId);
    }
  }

  #emptied(containerId: string, timeoutMs: number): Promise<boolean> {
    return new Promise((resolve) => {
      const settle = (done: boolean): void => {
        clearTimeout(timer);
        this.#waiting.delete(containerId);
        resolve(done);
      };
      const timer = setTimeout(() => settle(false), timeoutMs);
      this.#waiting.set(containerId, () => settle(true));
    });
  }

  #count(containerId: string): number {
    return this.#counts.get(containerId) ?? 0;
  }
}
