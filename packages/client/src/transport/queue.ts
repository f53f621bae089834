import type { Deferred } from "@berth/base";
import { deferred } from "@berth/base";

const highWaterBytes = 1024 * 1024;

/** Bytes on their way from a socket to a slower reader. Asks the socket to pause when too many wait. */
export class ByteQueue implements AsyncIterable<Uint8Array> {
  /** Called when a paused socket may go on. */
  onSpace: () => void = () => undefined;
  readonly #chunks: Uint8Array[] = [];
  #size = 0;
  #full = false;
  #ended = false;
  #waiting: Deferred<void> | undefined;

  /** @returns whether the socket shall pause */
  push(bytes: Uint8Array): boolean {
    if (bytes.length > 0) this.#chunks.push(bytes);
    this.#size += bytes.length;
    if (this.#size >= highWaterBytes) this.#full = true;
    this.#wake();
    return this.#full;
  }

  /** No more bytes come. What waits can still be read. */
  end(): void {
    this.#ended = true;
    this.#wake();
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<Uint8Array> {
    for (;;) {
      const chunk = await this.#next("all");
      if (chunk === undefined) return;
      yield chunk;
    }
  }

  /** The text up to `mark`, which is taken away too; all there is when the stream ends before. */
  async readUntil(mark: string, limit: number): Promise<string> {
    let text = "";
    for (;;) {
      const chunk = await this.#next("first");
      if (chunk === undefined) return text;
      const length = text.length;
      // A mark near the beginning of a large chunk must not cost a copy of all of it.
      text += Buffer.from(chunk.buffer, chunk.byteOffset, Math.min(chunk.length, limit + mark.length)).toString("latin1");
      const at = text.indexOf(mark);
      if (at !== -1) {
        const rest = length + chunk.length - (at + mark.length);
        if (rest > 0) this.#putBack(chunk.subarray(chunk.length - rest));
        return text.slice(0, at);
      }
      if (text.length > limit) throw new Error("the head of the answer is too long");
    }
  }

  /** What waits, but at most so many bytes; undefined when the stream has ended. */
  async readUpTo(size: number): Promise<Uint8Array | undefined> {
    const chunk = await this.#next("first");
    if (chunk === undefined || chunk.length <= size) return chunk;
    this.#putBack(chunk.subarray(size));
    return chunk.subarray(0, size);
  }

  #putBack(bytes: Uint8Array): void {
    this.#chunks.unshift(bytes);
    this.#size += bytes.length;
  }

  async #next(which: "first" | "all"): Promise<Uint8Array | undefined> {
    for (;;) {
      const chunk = which === "all" ? this.#take() : this.#chunks.shift();
      if (chunk !== undefined) {
        this.#size -= chunk.length;
        if (this.#full && this.#size < highWaterBytes / 2) {
          this.#full = false;
          this.onSpace();
        }
        return chunk;
      }
      if (this.#ended) return undefined;
      this.#waiting = deferred<void>();
      await this.#waiting.promise;
    }
  }

  /** All that waits, in one piece: a reader's work per piece is dearer than a copy. */
  #take(): Uint8Array | undefined {
    if (this.#chunks.length < 2) return this.#chunks.pop();
    return Buffer.concat(this.#chunks.splice(0));
  }

  #wake(): void {
    this.#waiting?.resolve();
    this.#waiting = undefined;
  }
}
