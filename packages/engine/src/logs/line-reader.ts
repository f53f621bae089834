import type { FileHandle } from "node:fs/promises";
import { findNewline, parseLine, type RawLine } from "./parse-line.ts";

const blockBytes = 128 * 1024;
const maxLineBytes = 1024 * 1024;

/** Reads whole lines of one log file from a position on; can be asked again when the file has grown. */
export class LineReader {
  readonly #handle: FileHandle;
  readonly #block = Buffer.alloc(blockBytes);
  #position: number;
  #rest: Uint8Array = new Uint8Array(0);

  constructor(handle: FileHandle, position: number) {
    this.#handle = handle;
    this.#position = position;
  }

  /** Where the first line begins that was not given yet. */
  get offset(): number {
    return this.#position - this.#rest.length;
  }

  /** The lines that are complete now, block by block; their texts are good until the next block is asked for. */
  async *blocks(): AsyncGenerator<readonly RawLine[], void, undefined> {
    for (let lines = await this.block(); lines.length > 0; lines = await this.block()) yield lines;
  }

  /** The next lines that are complete, a block's worth; none at the end. Their texts are good until the next call. */
  async block(): Promise<RawLine[]> {
    for (;;) {
      const { bytesRead } = await this.#handle.read(this.#block, 0, blockBytes, this.#position);
      if (bytesRead === 0) return [];
      this.#position += bytesRead;
      const fresh = this.#block.subarray(0, bytesRead);
      const bytes = this.#rest.length === 0 ? fresh : Buffer.concat([this.#rest, fresh]);
      const lines: RawLine[] = [];
      let start = 0;
      for (let end = findNewline(bytes, 0); end >= 0; end = findNewline(bytes, start)) {
        const line = parseLine(bytes.subarray(start, end));
        start = end + 1;
        if (line !== null) lines.push(line);
      }
      this.#rest = bytes.length - start > maxLineBytes ? new Uint8Array(0) : Buffer.from(bytes.subarray(start));
      if (lines.length > 0) return lines;
    }
  }
}
