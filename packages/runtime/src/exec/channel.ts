import type { OutputChunk } from "../ports.ts";

/** Output that may wait for the reader before the writer does. */
const WAITING_MAX_BYTES = 1024 * 1024;

/** Carries an exec's output to its one client. The program waits for a slow client, as with any pipe. */
export class OutputChannel implements AsyncIterable<OutputChunk> {
  #chunks: OutputChunk[] = [];
  #bytes = 0;
  #ended = false;
  #discarding = false;
  #wakeReader: (() => void) | null = null;
  #wakeWriters: (() => void)[] = [];

  /** Resolves when more can be taken. */
  async push(chunk: OutputChunk): Promise<void> {
    if (this.#discarding || this.#ended || chunk.bytes.length === 0) return;
    this.#chunks.push(chunk);
    this.#bytes += chunk.bytes.length;
    this.#wakeReader?.();
    while (this.#bytes > WAITING_MAX_BYTES && !this.#discarding && !this.#ended) {
      await new Promise<void>((resolve) => this.#wakeWriters.push(resolve));
    }
  }

  /** No more comes; what waits is still read. */
  end(): void {
    this.#ended = true;
    this.#wakeReader?.();
    this.#releaseWriters();
  }

  /** The client has left: what comes is thrown away. */
  discard(): void {
    this.#discarding = true;
    this.#chunks = [];
    this.#bytes = 0;
    this.#wakeReader?.();
    this.#releaseWriters();
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<OutputChunk> {
    while (!this.#discarding) {
      const chunk = this.#chunks.shift();
      if (chunk !== undefined) {
        this.#bytes -= chunk.bytes.length;
        this.#releaseWriters();
        yield chunk;
      } else if (this.#ended) {
        return;
      } else {
        await new Promise<void>((resolve) => {
          this.#wakeReader = resolve;
        });
        this.#wakeReader = null;
      }
    }
  }

  #releaseWriters(): void {
    for (const wake of this.#wakeWriters.splice(0)) wake();
  }
}
