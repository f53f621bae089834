/** Wakes one who waits; a ring that nobody waited for wakes the next at once. */
export class Doorbell {
  #rung = false;
  #wake: () => void = () => undefined;

  /** News. */
  ring(): void {
    this.#rung = true;
    this.#wake();
  }

  /** Waits for a ring, or so long. */
  async next(longestMs: number, signal?: AbortSignal): Promise<void> {
    if (!this.#rung && signal?.aborted !== true) {
      const { promise, resolve } = Promise.withResolvers<void>();
      const wake = (): void => resolve();
      const timer = Number.isFinite(longestMs) ? setTimeout(wake, longestMs) : undefined;
      this.#wake = wake;
      signal?.addEventListener("abort", wake, { once: true });
      await promise;
      clearTimeout(timer);
      signal?.removeEventListener("abort", wake);
    }
    this.#rung = false;
  }
}
