import type { Logger } from "@berth/base";
import { renameSync, statSync, unlinkSync } from "node:fs";
import { dirname } from "node:path";
import { checkLogConfig, type LogBounds } from "../containers/create/check-log-config.ts";
import type { ContainerRecord } from "../containers/record.ts";
import { logFiles } from "./files.ts";

// A program can write 200 MB a second: between two looks a log outgrows its bound by what is written meanwhile.
const minWaitMs = 20;
const settleMs = 1000;

interface Watched {
  readonly path: string;
  readonly bounds: LogBounds;
  sizeBytes: number;
  checkedMs: number;
  nextMs: number;
}

/**
 * Keeps logs within their bounds: one loop looks at all running containers' files, the faster one grows the more often.
 * A full file is renamed and the monitor told to open a new one; until it has, it goes on writing to the renamed file,
 * so that no line is lost.
 */
export class LogRotation {
  readonly #reopen: (id: string) => void;
  readonly #log: Logger;
  readonly #pathOf: (id: string) => string;
  readonly #watched = new Map<string, Watched>();
  readonly #maxWaitMs: number;
  #timer: Timer | null = null;
  #timerMs = Number.POSITIVE_INFINITY;
  #closed = false;

  constructor(options: {
    readonly reopen: (id: string) => void;
    readonly pathOf: (id: string) => string;
    readonly log: Logger;
    readonly pollMs: number;
  }) {
    this.#reopen = options.reopen;
    this.#pathOf = options.pathOf;
    this.#log = options.log;
    this.#maxWaitMs = options.pollMs;
  }

  /** Looks after a running container's log from now on. */
  watch(record: ContainerRecord): void {
    if (record.hostConfig.LogConfig.Type === "none") return;
    const bounds = checkLogConfig(record.hostConfig.LogConfig);
    if (!Number.isFinite(bounds.maxSizeBytes)) return;
    this.#watched.set(record.id, { path: this.#pathOf(record.id), bounds, sizeBytes: 0, checkedMs: 0, nextMs: 0 });
    this.#arm(Date.now(), Date.now() + minWaitMs);
  }

  /** The container has ended. */
  forget(id: string): void {
    this.#watched.delete(id);
  }

  /** Looks at the files that are due. */
  check(nowMs: number): void {
    for (const [id, watched] of this.#watched) {
      if (watched.nextMs > nowMs) continue;
      try {
        this.#checkOne(id, watched, nowMs);
      } catch (error) {
        watched.nextMs = nowMs + this.#maxWaitMs;
        this.#log.warn("a log was not rotated", { id, error });
      }
    }
    let next = Number.POSITIVE_INFINITY;
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
        this.check(Date.now());
      },
      Math.max(1, dueMs - nowMs),
    );
    this.#timer.unref();
  }

  close(): void {
    this.#closed = true;
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#watched.clear();
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
    const bytesPerMs = Math.max(0, stat.size - watched.sizeBytes) / Math.max(1, nowMs - watched.checkedMs);
    const fullInMs = bytesPerMs === 0 ? this.#maxWaitMs : (maxSizeBytes - stat.size) / bytesPerMs;
    watched.nextMs = nowMs + Math.min(this.#maxWaitMs, Math.max(minWaitMs, fullInMs / 2));
    watched.sizeBytes = stat.size;
    watched.checkedMs = nowMs;
  }

  #rotate(id: string, { path, bounds }: Watched): void {
    const kept = Math.max(1, bounds.maxFiles - 1);
    for (let number = kept; number >= 1; number--) {
      try {
        renameSync(number === 1 ? path : `${path}.${number - 1}`, `${path}.${number}`);
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== "ENOENT") throw error;
      }
    }
    this.#reopen(id);
    void this.#dropOld(path, bounds.maxFiles);
  }

  async #dropOld(path: string, maxFiles: number): Promise<void> {
    // A while later: the monitor may still write to the file it had, and readers take their time.
    await Bun.sleep(settleMs);
    for (const file of await logFiles(path)) {
      if (file === path || Number(file.slice(path.length + 1)) < maxFiles) continue;
      try {
        unlinkSync(file);
      } catch (error) {
        this.#log.debug("an old log was not removed", { folder: dirname(path), error });
      }
    }
  }
}
