import { Mutex } from "@berth/base";
import type { Fd, Kernel } from "@berth/linux";
import type { OutputChunk } from "../ports.ts";
import type { OutputChannel } from "./channel.ts";

/** What a pipe can hold when the program has ended (pipe(7): at most 1 MiB), and what was read of it ahead. */
const REST_MAX_BYTES = 2 * 1024 * 1024;
/** So long nothing must come from the reader before what the descriptor still holds is fetched without it. */
const QUIET_MS = 100;
/** A pipe's usual size (pipe(7)). */
const CHUNK_BYTES = 64 * 1024;

/** Reading from one descriptor into a channel. */
export interface Pump {
  /** The descriptor's end, or its error: a terminal ends with EIO. */
  readonly done: Promise<void>;
  /**
   * The program has ended. What it wrote is still carried over, however slowly the client takes it; others that hold the
   * descriptor open are listened to for `graceMs` more.
   */
  finish(graceMs: number): void;
}

/** Carries what comes from a pipe or terminal into the channel and closes the descriptor at its end. */
export function pumpOutput(options: {
  readonly kernel: Kernel;
  readonly fd: Fd;
  readonly stream: OutputChunk["stream"];
  readonly to: OutputChannel;
}): Pump {
  const { kernel, fd, stream, to } = options;
  kernel.setNonBlocking(fd, true);
  const reader = Bun.file(fd).stream().getReader();
  /** When the read that is under way began; null while the client is waited for. */
  let readingSinceMs: number | null = null;
  let restBytes = Number.POSITIVE_INFINITY;
  let graceEndsMs = Number.POSITIVE_INFINITY;
  let cancelled = false;

  async function run(): Promise<void> {
    try {
      for (;;) {
        readingSinceMs = performance.now();
        const { done, value } = await reader.read();
        readingSinceMs = null;
        if (done) break;
        await to.push({ stream, bytes: value });
        restBytes -= value.length;
        if (restBytes <= 0 && performance.now() > graceEndsMs) break;
      }
      if (cancelled) await drain();
    } catch {
      // EIO: the last process has closed the terminal; EAGAIN: a drained descriptor is empty.
    } finally {
      await reader.cancel().catch(() => undefined);
      kernel.close(fd);
    }
  }

  /**
   * Fetches what the descriptor holds now. On a busy machine Bun's reader may bring it long after it was written, and it
   * may miss the end of a terminal.
   */
  async function drain(): Promise<void> {
    while (restBytes > 0) {
      const bytes = new Uint8Array(CHUNK_BYTES);
      const length = kernel.read(fd, bytes);
      if (length === 0) return;
      restBytes -= length;
      await to.push({ stream, bytes: bytes.subarray(0, length) });
    }
  }
  const done = run();

  function stopWhenQuiet(): void {
    const nowMs = performance.now();
    if (nowMs <= graceEndsMs || readingSinceMs === null || nowMs - readingSinceMs < QUIET_MS) return;
    cancelled = true;
    void reader.cancel().catch(() => undefined);
  }
  return {
    done,
    finish(graceMs) {
      restBytes = REST_MAX_BYTES;
      graceEndsMs = performance.now() + graceMs;
      const timer = setInterval(stopWhenQuiet, QUIET_MS);
      void done.then(() => clearInterval(timer));
    },
  };
}

/** An exec's stdin: a pipe's or a terminal's end. */
export class InputPipe {
  readonly #kernel: Kernel;
  readonly #fd: Fd;
  readonly #sink: ReturnType<ReturnType<typeof Bun.file>["writer"]>;
  readonly #writes = new Mutex();
  #open = true;

  constructor(kernel: Kernel, fd: Fd) {
    kernel.setNonBlocking(fd, true);
    this.#kernel = kernel;
    this.#fd = fd;
    this.#sink = Bun.file(fd).writer();
  }

  /** Resolves when the bytes were taken; does nothing when the program has closed its stdin. */
  write(bytes: Uint8Array): Promise<void> {
    return this.#writes.run(async () => {
      if (!this.#open) return;
      try {
        void this.#sink.write(bytes);
        await this.#sink.flush();
      } catch {
        // EPIPE: nobody reads any more.
        this.#shut();
      }
    });
  }

  /** The end, after what was written before. */
  close(): void {
    void this.#writes.run(() => this.#shut());
  }

  /** The end at once: the program has gone. */
  abort(): void {
    this.#shut();
  }

  #shut(): void {
    if (!this.#open) return;
    this.#open = false;
    // The sink has a descriptor of its own; its failure only says that nobody reads what was left.
    const ended = new Promise((resolve) => resolve(this.#sink.end()));
    ended.catch(() => undefined);
    this.#kernel.close(this.#fd);
  }
}
