import type { Kernel } from "@berth/linux";
import type { OutputChunk } from "../ports.ts";
import { Spool } from "./spool.ts";

/** How much output waits for one client before it goes to disk, and before the client is cut off. */
export interface QueueLimits {
  readonly memoryBytes: number;
  readonly spoolBytes: number;
}

export const defaultQueueLimits: QueueLimits = { memoryBytes: 1024 * 1024, spoolBytes: 1024 * 1024 * 1024 };

/**
 * The output for one client, in order: first in memory, then in a nameless file. It never makes its writer wait for
 * its reader; a reader who falls too far behind gets a last line on stderr that says so, and the end.
 */
export class OutputQueue implements AsyncIterable<OutputChunk> {
  readonly #limits: QueueLimits;
  readonly #newSpool: () => Spool;
  #memory: OutputChunk[] = [];
  #memoryBytes = 0;
  #spool: Spool | null = null;
  #state: "open" | "ended" | "cut" | "closed" = "open";
  #wake: (() => void) | null = null;

  /**
   * @param options `folder` for the spool: on a disk, not on tmpfs; `onFlushed` is called when {@link writingBytes} shrank
   */
  constructor(options: { readonly kernel: Kernel; readonly folder: string; readonly limits: QueueLimits; readonly onFlushed: () => void }) {
    this.#limits = options.limits;
    this.#newSpool = () =>
      new Spool({ kernel: options.kernel, folder: options.folder, limitBytes: options.limits.spoolBytes, onFlushed: options.onFlushed });
  }

  /** Bytes that wait for the disk, not for the reader. */
  get writingBytes(): number {
    return this.#spool?.pendingBytes ?? 0;
  }

  /** Adds output; nothing after the end. */
  push(chunk: OutputChunk): void {
    if (this.#state !== "open" || chunk.bytes.length === 0) return;
    if (this.#spool === null && this.#memoryBytes + chunk.bytes.length <= this.#limits.memoryBytes) {
      this.#memory.push(chunk);
      this.#memoryBytes += chunk.bytes.length;
    } else {
      this.#spool ??= this.#newSpool();
      if (!this.#spool.append(chunk)) this.#state = "cut";
    }
    this.#notify();
  }

  /** No more output comes; the reader still gets what waits. */
  end(): void {
    if (this.#state === "open") this.#state = "ended";
    this.#notify();
  }

  /** The reader has gone: everything that waits is thrown away. */
  close(): void {
    this.#state = "closed";
    this.#memory = [];
    this.#memoryBytes = 0;
    this.#spool?.close();
    this.#spool = null;
    this.#notify();
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<OutputChunk> {
    try {
      for (;;) {
        const waiting = this.#memory;
        this.#memory = [];
        for (const chunk of waiting) {
          this.#memoryBytes -= chunk.bytes.length;
          yield chunk;
        }
        if (this.#state === "closed") return;
        if (this.#memory.length > 0) continue;
        if (this.#spool !== null) {
          const spool = this.#spool;
          for (const chunk of await spool.read()) yield chunk;
          if (spool.empty && this.#spool === spool) {
            spool.close();
            this.#spool = null;
          }
          continue;
        }
        if (this.#state === "cut") {
          yield cutNotice(this.#limits);
          return;
        }
        if (this.#state === "ended") return;
        await new Promise<void>((resolve) => {
          this.#wake = resolve;
        });
      }
    } finally {
      this.close();
    }
  }

  #notify(): void {
    const wake = this.#wake;
    this.#wake = null;
    wake?.();
  }
}

function cutNotice(limits: QueueLimits): OutputChunk {
  const mebibytes = Math.round((limits.memoryBytes + limits.spoolBytes) / 1024 / 1024);
  const text = `\r\nberth: this client fell more than ${mebibytes} MiB behind the container's output and was cut off; the log has the rest\r\n`;
  return { stream: 2, bytes: new TextEncoder().encode(text) };
}
