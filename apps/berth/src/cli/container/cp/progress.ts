import { formatSize } from "@berth/spec";
import type { Output } from "../../context/output.ts";

/** Before that nobody wonders. */
const patienceMs = 1000;
const everyMs = 200;

/** Tells on a terminal how far a copy is, when it takes longer than a second. */
export class CopyProgress {
  readonly #output: Output;
  readonly #quiet: boolean;
  readonly #began = performance.now();
  #shownAt = 0;
  #bytes = 0;

  constructor(output: Output, quiet: boolean) {
    this.#output = output;
    this.#quiet = quiet || !output.isTerminal;
  }

  /** Counts bytes that went over. */
  async count(bytes: number): Promise<void> {
    this.#bytes += bytes;
    if (this.#quiet) return;
    const now = performance.now();
    if (now - this.#began < patienceMs || now - this.#shownAt < everyMs) return;
    this.#shownAt = now;
    await this.#output.write(`\r\x1b[KCopying: ${formatSize(this.#bytes, 3)}`);
  }

  /** The last word, when all is there. */
  async done(target: string): Promise<void> {
    await this.clear();
    if (!this.#quiet) await this.#output.write(`Copied ${formatSize(this.#bytes, 3)} to ${target}\n`);
  }

  /** Takes the meter away, so that an error has a line of its own. */
  async clear(): Promise<void> {
    if (this.#shownAt > 0) await this.#output.write("\r\x1b[K");
    this.#shownAt = 0;
  }

  /** Passes pieces on, counting them. */
  async *through(pieces: AsyncIterable<Uint8Array> | Iterable<Uint8Array>): AsyncGenerator<Uint8Array> {
    for await (const piece of pieces) {
      await this.count(piece.length);
      yield piece;
    }
  }
}
