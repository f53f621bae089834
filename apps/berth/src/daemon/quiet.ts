import type { Logger } from "@berth/base";
import type { Kernel } from "@berth/linux";

const lookMs = 20_000;
/** Less than a fiftieth of a core: nobody waits for the daemon. */
const quietShare = 0.02;
/** What a start or a burst of requests takes; a daemon that idles needs minutes for it. */
const workMs = 200;

/** What {@link QuietWatch} works with. */
export interface QuietOptions {
  readonly kernel: Pick<Kernel, "unmapOwnCode">;
  readonly log: Logger;
  /** Processor time of this process so far; for tests. */
  readonly usedMs?: () => number;
}

/**
 * Gives memory back after the start and after each burst of work: half of what a fresh daemon holds is code of its
 * executable that ran once. Pages of it that are used again come back in microseconds.
 */
export class QuietWatch {
  readonly #options: QuietOptions;
  readonly #usedMs: () => number;
  readonly #timer: NodeJS.Timeout;
  #lastMs: number;
  #restedMs = Number.NEGATIVE_INFINITY;

  constructor(options: QuietOptions) {
    this.#options = options;
    this.#usedMs = options.usedMs ?? ownTimeMs;
    this.#lastMs = this.#usedMs();
    this.#timer = setInterval(() => this.look(), lookMs).unref();
  }

  /** Looks once, as the timer does. */
  look(): void {
    const nowMs = this.#usedMs();
    const quiet = nowMs - this.#lastMs < lookMs * quietShare;
    this.#lastMs = nowMs;
    if (!quiet || nowMs - this.#restedMs < workMs) return;
    this.#restedMs = nowMs;
    try {
      this.#options.kernel.unmapOwnCode();
    } catch (error) {
      this.#options.log.warn("the memory of unused code cannot be given back", { error });
      this.close();
    }
  }

  close(): void {
    clearInterval(this.#timer);
  }
}

function ownTimeMs(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
}
