import { Doorbell } from "../../doorbell.ts";
import type { LogLine } from "./lines.ts";

/** So long a new line waits for older ones of others that are still on their way. */
const windowMs = 250;
/** So long lines from before the beginning wait for a log that is followed and has fallen silent: it has no more of that time. */
const pastWindowMs = 500;
/** So long a log may take to be opened. */
const openMs = 10_000;
/** So many lines of one log are read ahead. */
const aheadMax = 2000;

/** A line, and whose it is. */
export interface MergedLine<Owner> {
  readonly owner: Owner;
  readonly line: LogLine;
}

interface Source<Owner> {
  readonly owner: Owner;
  readonly queue: { readonly line: LogLine; readonly arrivedMs: number }[];
  /** The next of the queue. */
  at: number;
  readonly follows: boolean;
  opened: boolean;
  ended: boolean;
  heardMs: number;
  readonly taken: Doorbell;
}

/**
 * Several logs as one, by the time of their lines. Of logs that end the order is exact. Of logs that are followed a line is shown when each
 * other log has a later one, or did not show one within a quarter of a second: what comes later still is out of order.
 */
export class LogMerger<Owner> {
  readonly #sources = new Set<Source<Owner>>();
  readonly #news = new Doorbell();
  readonly #beginning: string;
  #closed = false;

  /** @param nowMs what was written before is past, and waits for nobody that is silent */
  constructor(nowMs: number) {
    this.#beginning = new Date(nowMs).toISOString();
  }

  /** Adds a log; its first block, which may be empty, says that it was opened. Resolves with its end; rejects when it cannot be read on. */
  async add(owner: Owner, blocks: AsyncIterable<readonly LogLine[]>, options: { readonly follows: boolean }): Promise<void> {
    const heardMs = performance.now();
    const taken = new Doorbell();
    const source: Source<Owner> = { owner, queue: [], at: 0, ...options, opened: false, ended: false, heardMs, taken };
    this.#sources.add(source);
    try {
      for await (const lines of blocks) {
        const arrivedMs = performance.now();
        [source.opened, source.heardMs] = [true, arrivedMs];
        for (const line of lines) source.queue.push({ line, arrivedMs });
        this.#news.ring();
        while (source.queue.length - source.at > aheadMax) await source.taken.next(windowMs);
      }
    } finally {
      source.ended = true;
      this.#news.ring();
    }
  }

  /** No log is added any more: the lines end with the last of those that are there. */
  close(): void {
    this.#closed = true;
    this.#news.ring();
  }

  /** The lines, several at a time. */
  async *lines(): AsyncGenerator<MergedLine<Owner>[]> {
    for (;;) {
      const ready: MergedLine<Owner>[] = [];
      let waitMs = Number.POSITIVE_INFINITY;
      while (ready.length < aheadMax) {
        const first = this.#earliest();
        if (first === undefined) break;
        waitMs = this.#waitFor(first);
        if (waitMs > 0) break;
        ready.push(this.#take(first));
        waitMs = Number.POSITIVE_INFINITY;
      }
      if (ready.length > 0) {
        yield ready;
        continue;
      }
      for (const source of this.#sources) if (source.ended && source.at >= source.queue.length) this.#sources.delete(source);
      if (this.#closed && this.#sources.size === 0) return;
      await this.#news.next(waitMs);
    }
  }

  #earliest(): Source<Owner> | undefined {
    let first: Source<Owner> | undefined;
    let firstTime = "";
    for (const source of this.#sources) {
      const time = source.queue[source.at]?.line.time;
      if (time === undefined || (first !== undefined && time >= firstTime)) continue;
      [first, firstTime] = [source, time];
    }
    return first;
  }

  /** How long the next line of a source has to wait for others; 0: no longer. */
  #waitFor(source: Source<Owner>): number {
    const head = source.queue[source.at];
    if (head === undefined) return 0;
    const nowMs = performance.now();
    const isPast = head.line.time < this.#beginning;
    let waitMs = 0;
    for (const other of this.#sources) {
      if (other.ended || other.at < other.queue.length) continue;
      if (!other.opened) waitMs = Math.max(waitMs, other.heardMs + openMs - nowMs);
      else if (!other.follows) return Number.POSITIVE_INFINITY;
      else waitMs = Math.max(waitMs, (isPast ? other.heardMs + pastWindowMs : head.arrivedMs + windowMs) - nowMs);
    }
    return waitMs;
  }

  #take(source: Source<Owner>): MergedLine<Owner> {
    const entry = source.queue[source.at++];
    if (entry === undefined) throw new TypeError("the queue is empty");
    if (source.at >= source.queue.length || source.at >= aheadMax) {
      source.queue.splice(0, source.at);
      source.at = 0;
      source.taken.ring();
    }
    return { owner: source.owner, line: entry.line };
  }
}
