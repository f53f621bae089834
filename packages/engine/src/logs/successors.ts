import { closeSync } from "node:fs";
import { type LogDescriptor, type LogHandle, openLogNow, openLogsNow, toHandle } from "./files.ts";
import type { LogRotation } from "./rotation.ts";

/** What one reader may keep from being deleted that falls behind. */
const defaultHeldMaxBytes = 256 * 1024 * 1024;

/**
 * The files that come after the one a reader reads. Each that is rotated away is kept open for it, so that a reader that
 * follows loses nothing, however fast the log is written and rotated; one that falls 256 MiB behind (or what it chose)
 * loses the oldest.
 */
export class LogSuccessors {
  readonly #path: string;
  readonly #stop: () => void;
  readonly #heldMaxBytes: number;
  readonly #lost: (log: LogDescriptor) => void;
  #held: LogDescriptor[] = [];
  #heldBytes = 0;
  /** The file that is being read: to let it go loses nothing. */
  #reading: bigint | null = null;

  /**
   * From now on, rotations are taken note of. `lost` gets the files that a reader never comes to because it fell behind,
   * and closes them.
   */
  constructor(options: {
    readonly path: string;
    readonly id: string;
    readonly rotation: Pick<LogRotation, "onRotate">;
    readonly heldMaxBytes?: number;
    readonly lost?: (log: LogDescriptor) => void;
  }) {
    this.#path = options.path;
    this.#heldMaxBytes = options.heldMaxBytes ?? defaultHeldMaxBytes;
    this.#lost = options.lost ?? ((log) => closeSync(log.fd));
    this.#stop = options.rotation.onRotate(options.id, () => this.#hold());
  }

  /** The file after `current` in age; null when there is none yet. */
  async next(current: LogHandle | null): Promise<LogHandle | null> {
    this.#reading = current?.inode ?? null;
    for (let held = this.#take(); held !== null; held = this.#take()) {
      if (held.inode !== this.#reading) {
        this.#reading = held.inode;
        return toHandle(held);
      }
      closeSync(held.fd);
    }
    const logs = openLogsNow(this.#path);
    const at = current === null ? -1 : logs.findIndex((log) => log.inode === current.inode);
    const next = logs[at + 1] ?? null;
    for (const log of logs) if (log !== next) closeSync(log.fd);
    if (next === null) return null;
    this.#reading = next.inode;
    return toHandle(next);
  }

  /** Opens all that comes after `current`, so that none of it is lost to rotation, or with its folder. */
  holdAll(current: LogHandle | null): void {
    this.#reading = current?.inode ?? null;
    const known = new Set(this.#held.map(({ inode }) => inode));
    const logs = openLogsNow(this.#path);
    const at = current === null ? -1 : logs.findIndex((log) => log.inode === current.inode);
    for (const [index, log] of logs.entries()) {
      if (index <= at || known.has(log.inode)) closeSync(log.fd);
      else this.#keep(log);
    }
  }

  close(): void {
    this.#stop();
    for (let held = this.#take(); held !== null; held = this.#take()) closeSync(held.fd);
  }

  // Called right before the file gets another name.
  #hold(): void {
    const log = openLogNow(this.#path);
    if (log === null) return;
    if (log.inode === this.#held.at(-1)?.inode) closeSync(log.fd);
    else this.#keep(log);
    while (this.#heldBytes > this.#heldMaxBytes && this.#held.length > 1) {
      const oldest = this.#take();
      if (oldest?.inode === this.#reading) closeSync(oldest.fd);
      else if (oldest !== null) this.#lost(oldest);
    }
  }

  #keep(log: LogDescriptor): void {
    this.#held.push(log);
    this.#heldBytes += log.sizeBytes;
  }

  #take(): LogDescriptor | null {
    const held = this.#held.shift() ?? null;
    if (held !== null) this.#heldBytes -= held.sizeBytes;
    return held;
  }
}
