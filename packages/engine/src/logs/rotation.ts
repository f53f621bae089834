import type { Logger } from "@berth/base";
import type { Blocking } from "@berth/linux";
import { renameSync, statSync, unlinkSync } from "node:fs";
import { dirname } from "node:path";
import { type LogBounds, logBounds } from "./config/bounds.ts";
import type { ContainerRecord } from "../containers/record.ts";
import { logFiles } from "./files.ts";
import type { QuietLogs } from "./quiet-logs.ts";

// A program can write 200 MB a second: between two looks a log outgrows its bound by what is written meanwhile.
const minWaitMs = 20;
const settleMs = 1000;
const sectorBytes = 512;

interface Watched {
  readonly path: string;
  readonly bounds: LogBounds;
  sizeBytes: number;
  checkedMs: number;
  /** Infinity while it is quiet: the kernel tells of the next write. */
  nextMs: number;
}

/**
 * Keeps logs within their bounds: one loop looks at all running containers' files, the faster one grows the more often, and at
 * one that does not grow only when the kernel tells of a write.
 * A full file is renamed and the monitor told to open a new one; until it has, it goes on writing to the renamed file,
 * so that no line is lost. What was written over the bound between two looks is cut off at the oldest end.
 */
export class LogRotation {
  readonly #reopen: (id: string) => void;
  readonly #log: Logger;
  readonly #pathOf: (id: string) => string;
  readonly #blocking: Pick<Blocking, "freeHead">;
  readonly #quiet: QuietLogs;
  readonly #watched = new Map<string, Watched>();
  readonly #readers = new Map<string, Set<() => void>>();
  /** Logs of containers that have ended, which somebody still reads. */
  readonly #ended = new Map<string, Pick<Watched, "path" | "bounds">>();
  readonly #maxWaitMs: number;
  #timer: Timer | null = null;
  #timerMs = Number.POSITIVE_INFINITY;
  #closed = false;

  constructor(options: {
    readonly reopen: (id: string) => void;
    readonly pathOf: (id: string) => string;
    readonly blocking: Pick<Blocking, "freeHead">;
    readonly quiet: QuietLogs;
    readonly log: Logger;
    readonly pollMs: number;
  }) {
    this.#reopen = options.reopen;
    this.#pathOf = options.pathOf;
    this.#blocking = options.blocking;
    this.#quiet = options.quiet;
    this.#log = options.log;
    this.#maxWaitMs = options.pollMs;
    this.#quiet.onNews(() => {
      // Not at once: many logs with few lines each would ring all the time.
      const nowMs = performance.now();
      this.#arm(nowMs, nowMs + this.#maxWaitMs);
    });
  }

  /** Looks after a running container's log from now on. */
  watch(record: ContainerRecord): void {
    const bounds = boundsOf(record);
    if (bounds === null) return;
    const nowMs = performance.now();
    this.#watched.set(record.id, { path: this.#pathOf(record.id), bounds, sizeBytes: 0, checkedMs: nowMs, nextMs: 0 });
    this.#arm(nowMs, nowMs + minWaitMs);
  }

  /** A running container's bounds are others now. */
  rebound(record: ContainerRecord): void {
    this.#watched.delete(record.id);
    this.watch(record);
  }

  /** The container has ended, and its monitor: the last look. */
  forget(record: ContainerRecord): void {
    this.#watched.delete(record.id);
    this.#quiet.remove(record.id);
    const bounds = boundsOf(record);
    if (bounds === null) return;
    const log = { path: this.#pathOf(record.id), bounds };
    this.#trim(record.id, log);
    // What a reader has not read yet is left to it, and cut off when it leaves.
    if (this.#readers.has(record.id)) this.#ended.set(record.id, log);
  }

  /**
   * Tells a reader right before a container's file gets another name; nothing is cut off that it may not have read.
   * @returns ends that
   */
  onRotate(id: string, listener: () => void): () => void {
    const readers = this.#readers.get(id) ?? new Set();
    readers.add(listener);
    this.#readers.set(id, readers);
    return () => {
      if (!readers.delete(listener) || readers.size > 0) return;
      if (this.#readers.get(id) !== readers) return;
      this.#readers.delete(id);
      const ended = this.#ended.get(id);
      this.#ended.delete(id);
      if (ended !== undefined) this.#trim(id, ended);
    };
  }

  /** Looks at the files that are due. The time is the monotonic clock's (performance.now): the wall clock may be set back. */
  check(nowMs: number): void {
    for (const id of this.#quiet.written()) {
      const watched = this.#watched.get(id);
      if (watched === undefined) continue;
      watched.nextMs = nowMs;
      // It may all have come since the last look at the news.
      watched.checkedMs = nowMs - this.#maxWaitMs;
    }
    for (const [id, watched] of this.#watched) {
      if (watched.nextMs > nowMs) continue;
      try {
        this.#checkOne(id, watched, nowMs);
      } catch (error) {
        watched.nextMs = nowMs + this.#maxWaitMs;
        this.#log.warn("a log was not rotated", { id, error });
      }
    }
    let next = this.#quiet.tells || this.#quiet.size === 0 ? Number.POSITIVE_INFINITY : nowMs + this.#maxWaitMs;
    for (const { nextMs } of this.#watched.values()) next = Math.min(next, nextMs);
    if (Number.isFinite(next)) this.#arm(nowMs, next);
  }

  // One timer, for the log that is due first.
  #arm(nowMs: number, dueMs: number): void {
    if (this.#closed || dueMs >= this.#timerMs) return;
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timerMs = dueMs;
    this.#timer = setTimeout(
      () => {
        this.#timerMs = Number.POSITIVE_INFINITY;
        this.check(performance.now());
      },
      Math.max(1, dueMs - nowMs),
    );
    this.#timer.unref();
  }

  close(): void {
    this.#closed = true;
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#watched.clear();
    this.#quiet.close();
  }

  #checkOne(id: string, watched: Watched, nowMs: number): void {
    const { maxSizeBytes } = watched.bounds;
    const stat = statSync(watched.path, { throwIfNoEntry: false });
    if (stat === undefined) {
      // Renamed, and the monitor was not told, or has not yet heard of it.
      this.#reopen(id);
      watched.nextMs = nowMs + minWaitMs;
      return;
    }
    if (stat.size >= maxSizeBytes) {
      this.#rotate(id, watched);
      watched.sizeBytes = 0;
      watched.checkedMs = nowMs;
      watched.nextMs = nowMs + minWaitMs;
      return;
    }
    if (stat.size === watched.sizeBytes && this.#quiet.add(id, watched.path)) {
      // Between the look and the wait somebody may have written.
      if (statSync(watched.path, { throwIfNoEntry: false })?.size === stat.size) {
        watched.checkedMs = nowMs;
        watched.nextMs = Number.POSITIVE_INFINITY;
        return;
      }
      this.#quiet.remove(id);
    }
    const bytesPerMs = Math.max(0, stat.size - watched.sizeBytes) / Math.max(1, nowMs - watched.checkedMs);
    const fullInMs = bytesPerMs === 0 ? this.#maxWaitMs : (maxSizeBytes - stat.size) / bytesPerMs;
    watched.nextMs = nowMs + Math.min(this.#maxWaitMs, Math.max(minWaitMs, fullInMs / 2));
    watched.sizeBytes = stat.size;
    watched.checkedMs = nowMs;
  }

  #rotate(id: string, watched: Watched): void {
    const { path, bounds } = watched;
    for (const reader of this.#readers.get(id) ?? []) reader();
    const kept = Math.max(1, bounds.maxFiles - 1);
    for (let number = kept; number >= 1; number--) {
      try {
        renameSync(number === 1 ? path : `${path}.${number - 1}`, `${path}.${number}`);
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== "ENOENT") throw error;
      }
    }
    this.#reopen(id);
    // A while later: the monitor may still write to the file it had.
    setTimeout(() => this.#trim(id, watched), settleMs).unref();
  }

  /** Removes files over the number, and of the rest what is over the size of all together, oldest first. */
  #trim(id: string, { path, bounds }: Pick<Watched, "path" | "bounds">): void {
    let leftBytes = bounds.maxSizeBytes * bounds.maxFiles;
    for (const file of logFiles(path).reverse()) {
      try {
        const number = file === path ? 0 : Number(file.slice(path.length + 1));
        if (number >= bounds.maxFiles && number > 0) {
          unlinkSync(file);
          continue;
        }
        const { size, blocks, ino } = statSync(file, { bigint: true });
        const takenBytes = Math.min(Number(size), Number(blocks) * sectorBytes);
        if (takenBytes > leftBytes && !this.#readers.has(id)) this.#freeHead(file, { inode: ino, bytes: Number(size) - leftBytes });
        leftBytes = Math.max(0, leftBytes - takenBytes);
      } catch (error) {
        this.#log.debug("an old log was not removed", { folder: dirname(path), error });
      }
    }
  }

  #freeHead(file: string, options: { readonly inode: bigint; readonly bytes: number }): void {
    this.#blocking.freeHead(file, options).catch((error: unknown) => {
      // Not every file system has holes, and the container may be gone by now.
      this.#log.debug("a log was not cut off", { folder: dirname(file), error });
    });
  }
}

/** null for a log without bounds, and for options that kept the container from ever starting. */
function boundsOf({ hostConfig: { LogConfig } }: Pick<ContainerRecord, "hostConfig">): LogBounds | null {
  if (LogConfig.Type === "none") return null;
  try {
    const bounds = logBounds(LogConfig);
    return Number.isFinite(bounds.maxSizeBytes) ? bounds : null;
  } catch {
    return null;
  }
}
