import { containerStats, type Connection, watchStats } from "@berth/client";
import type { StatsFrame } from "@berth/spec";
import type { StatsLine } from "./row.ts";

/** Without news for so long a line shows no numbers any more. */
const staleMs = 2000;
/** So many containers are followed by a stream each; the others are asked each second, a few at a time. */
const maxStreams = 200;
const askedAtOnce = 16;
const askEachMs = 1000;

interface Entry {
  readonly abort: AbortController;
  frame: StatsFrame | null;
  atMs: number;
}

/** The latest numbers of several containers, in the order in which they were added. */
export class Board {
  readonly #engine: Connection;
  readonly #entries = new Map<string, Entry>();
  #streams = 0;
  #asking = 0;

  constructor(engine: Connection) {
    this.#engine = engine;
  }

  get size(): number {
    return this.#entries.size;
  }

  /** Begins to follow a container. Resolves with its first numbers, or when there will be none; rejects when the engine refuses. */
  add(container: string): Promise<void> {
    if (this.#entries.has(container)) return Promise.resolve();
    const entry: Entry = { abort: new AbortController(), frame: null, atMs: performance.now() };
    this.#entries.set(container, entry);
    const first = Promise.withResolvers<void>();
    void this.#follow(container, entry, first.resolve)
      .then(first.resolve, first.reject)
      .finally(() => this.#entries.get(container) === entry && this.#entries.delete(container));
    return first.promise;
  }

  /** Forgets a container. */
  remove(container: string): void {
    this.#entries.get(container)?.abort.abort();
    this.#entries.delete(container);
  }

  /** What is known now. */
  lines(): StatsLine[] {
    const nowMs = performance.now();
    return [...this.#entries].map(([container, { frame, atMs }]) => ({
      container,
      id: frame?.id ?? container,
      name: frame?.name ?? "",
      frame: nowMs - atMs > staleMs ? null : frame,
    }));
  }

  async #follow(container: string, entry: Entry, onFrame: () => void): Promise<void> {
    const { signal } = entry.abort;
    const take = (frame: StatsFrame): void => {
      entry.frame = frame;
      entry.atMs = performance.now();
      onFrame();
    };
    if (this.#streams >= maxStreams) return this.#ask(container, signal, take);
    this.#streams++;
    try {
      for await (const frame of watchStats(this.#engine, container, signal)) take(frame);
    } finally {
      this.#streams--;
    }
  }

  async #ask(container: string, signal: AbortSignal, take: (frame: StatsFrame) => void): Promise<void> {
    while (!signal.aborted) {
      if (this.#asking < askedAtOnce) {
        this.#asking++;
        try {
          take(await containerStats(this.#engine, container));
        } finally {
          this.#asking--;
        }
        await Bun.sleep(askEachMs);
      } else await Bun.sleep(20);
    }
  }
}
