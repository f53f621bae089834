import type { OutputChunk } from "../ports.ts";

/** Output on its way to one client: pushed by the hub, taken by the client's door. */
export class ChunkQueue implements AsyncIterable<OutputChunk> {
  readonly #chunks: OutputChunk[] = [];
  readonly #onTaken: () => void;
  #bytes = 0;
  #ended = false;
  #wake: () => void = () => undefined;

  /** @param onTaken called when the client took something */
  constructor(onTaken: () => void) {
    this.#onTaken = onTaken;
  }

  /** Bytes that wait for the client. */
  get bytes(): number {
    return this.#bytes;
  }

  push(chunk: OutputChunk): void {
    if (this.#ended) return;
    this.#chunks.push(chunk);
    this.#bytes += chunk.bytes.length;
    this.#wake();
  }

  /** What is in the queue can still be taken. */
  end(): void {
    this.#ended = true;
    this.#wake();
  }

  /** Drops what waits and ends. */
  discard(): void {
    this.#chunks.length = 0;
    this.#bytes = 0;
    this.end();
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<OutputChunk, void, undefined> {
    for (;;) {
      const chunk = this.#chunks.shift();
      if (chunk !== undefined) {
        this.#bytes -= chunk.bytes.length;
        this.#onTaken();
        yield chunk;
      } else if (this.#ended) {
        return;
      } else {
        await new Promise<void>((resolve) => {
          this.#wake = resolve;
        });
      }
    }
  }
}
