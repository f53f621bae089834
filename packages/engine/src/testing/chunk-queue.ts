import type { OutputChunk } from "@berth/runtime";

/** Output on its way to a reader: pushed by the test, taken by the engine. */
export class ChunkQueue implements AsyncIterable<OutputChunk> {
  readonly #chunks: OutputChunk[] = [];
  #ended = false;
  #wake: () => void = () => undefined;

  push(chunk: OutputChunk): void {
    if (this.#ended) return;
    this.#chunks.push(chunk);
    this.#wake();
  }

  /** What is in the queue can still be taken. */
  end(): void {
    this.#ended = true;
    this.#wake();
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<OutputChunk, void, undefined> {
    for (;;) {
      const chunk = this.#chunks.shift();
      if (chunk !== undefined) {
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
