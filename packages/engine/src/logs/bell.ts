import { type FSWatcher, watch } from "node:fs";

const unwatchedPollMs = 1000;

/** Rings when something changes in a folder, and now and then anyway. */
export class Bell {
  readonly #signal: AbortSignal;
  #pollMs: number;
  #watcher: FSWatcher | null = null;
  #rung = false;
  #ring: () => void = () => undefined;

  constructor(folder: string, options: { readonly signal: AbortSignal; readonly pollMs: number }) {
    this.#signal = options.signal;
    this.#pollMs = options.pollMs;
    options.signal.addEventListener("abort", () => this.ring(), { once: true });
    try {
      this.#watcher = watch(folder, () => this.ring());
      this.#watcher.on("error", () => undefined);
    } catch {
      // Out of inotify watches, or the folder is gone: the clock rings.
      this.#pollMs = Math.min(this.#pollMs, unwatchedPollMs);
    }
  }

  /** Wakes whoever waits, or will wait next. */
  ring(): void {
    this.#rung = true;
    this.#ring();
  }

  /** Waits for the bell, at most `pollMs` or the time of the folder's own clock. */
  async next(pollMs: number = this.#pollMs): Promise<void> {
    if (!this.#rung && !this.#signal.aborted) {
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, Math.min(pollMs, this.#pollMs));
        this.#ring = () => {
          clearTimeout(timer);
          resolve();
        };
      });
    }
    this.#rung = false;
  }

  close(): void {
    this.#watcher?.close();
  }
}
