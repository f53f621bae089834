import { closeSync } from "node:fs";
import { type LogDescriptor, type LogHandle, openLogsNow, toHandle } from "../files.ts";
import { LineReader } from "../line-reader.ts";
import type { RawLine } from "../parse-line.ts";
import type { LogRotation } from "../rotation.ts";
import { LogSuccessors } from "../successors.ts";
import type { ForwardPosition } from "./position.ts";

/** What a receiver that does not take anything may keep on the disk over the bounds of the log. */
const heldMaxBytes = 64 * 1024 * 1024;

/** Reads a container's log files from a kept position on, over rotations. */
export class ForwardSource {
  readonly #path: string;
  readonly #successors: LogSuccessors;
  readonly #kept: ForwardPosition["file"];
  #current: LogHandle | null = null;
  #reader: LineReader | null = null;
  #next: LogHandle | null = null;
  #opened = false;

  /** `lost` gets the files that are given up, to count what was in them, and closes them. */
  constructor(options: {
    readonly path: string;
    readonly id: string;
    readonly rotation: Pick<LogRotation, "onRotate">;
    readonly position: ForwardPosition["file"];
    readonly lost: (log: LogDescriptor) => void;
  }) {
    this.#path = options.path;
    this.#kept = options.position;
    this.#successors = new LogSuccessors({ ...options, heldMaxBytes });
  }

  /** Finds the kept position. @returns false when its file is gone, and reading begins with the oldest that is there */
  async open(): Promise<boolean> {
    const logs = openLogsNow(this.#path);
    const at = this.#kept === null ? 0 : logs.findIndex((log) => isFile(log, this.#kept));
    const first = logs[Math.max(0, at)] ?? null;
    for (const log of logs) if (log !== first) closeSync(log.fd);
    if (first !== null) {
      this.#current = await toHandle(first);
      this.#reader = new LineReader(this.#current.handle, at >= 0 ? (this.#kept?.offset ?? 0) : 0);
    }
    this.#successors.holdAll(this.#current);
    this.#opened = true;
    return at >= 0;
  }

  /** Where the next line begins. */
  get position(): ForwardPosition["file"] {
    if (this.#current === null || this.#reader === null) return this.#kept;
    return { inode: String(this.#current.inode), bornNs: String(this.#current.bornNs), offset: this.#reader.offset };
  }

  /** The next lines, good until the next call; none when there are no more for now. */
  async read(): Promise<readonly RawLine[]> {
    for (;;) {
      const lines = (await this.#reader?.block()) ?? [];
      if (lines.length > 0) return lines;
      if (this.#next !== null) {
        await this.#current?.handle.close();
        this.#current = this.#next;
        this.#next = null;
        this.#reader = new LineReader(this.#current.handle, 0);
        continue;
      }
      // A file is left only when there was a next one before its end was read: until then the monitor writes to it.
      this.#next = await this.#successors.next(this.#current);
      if (this.#next === null) return [];
    }
  }

  /** Opens all that is left, so that it can be read when the container's folder is gone. */
  keepOpen(): void {
    if (this.#opened) this.#successors.holdAll(this.#current);
  }

  async close(): Promise<void> {
    this.#successors.close();
    await this.#current?.handle.close();
    await this.#next?.handle.close();
    this.#current = null;
    this.#next = null;
  }
}

function isFile(log: LogDescriptor, kept: ForwardPosition["file"]): boolean {
  return kept !== null && String(log.inode) === kept.inode && String(log.bornNs) === kept.bornNs;
}
