import { messageOf } from "@berth/base";
import { type FileHandle, open, rename } from "node:fs/promises";
import type { LogBounds } from "../../config/bounds.ts";
import { type LogSink, type OpenSink, SinkFailure } from "../../forward/entry.ts";
import { jsonLine } from "./message.ts";
import { type JsonMark, resumeJsonFile } from "./resume.ts";

const mode = 0o640;

/** Opens the json-file of a container, for programs that read Docker's format. */
export function jsonFileOpener(options: { readonly path: string; readonly bounds: LogBounds; readonly attributes: string }): OpenSink {
  return async ({ mark }) => {
    const skip = await resumeJsonFile(options.path, mark as JsonMark | null);
    const sink = new JsonFileSink(options);
    await sink.open();
    return { sink, skip };
  };
}

class JsonFileSink implements LogSink {
  readonly #path: string;
  readonly #bounds: LogBounds;
  readonly #attributes: string;
  #file: FileHandle | null = null;
  #mark: JsonMark = { inode: "", sizeBytes: 0 };

  constructor(options: { readonly path: string; readonly bounds: LogBounds; readonly attributes: string }) {
    this.#path = options.path;
    this.#bounds = options.bounds;
    this.#attributes = options.attributes;
  }

  async open(): Promise<void> {
    this.#file = await open(this.#path, "a", mode);
    const { ino, size } = await this.#file.stat({ bigint: true });
    this.#mark = { inode: String(ino), sizeBytes: Number(size) };
  }

  mark(): JsonMark {
    return this.#mark;
  }

  async send(entries: Parameters<LogSink["send"]>[0], signal: AbortSignal): Promise<void> {
    let taken = 0;
    while (taken < entries.length) {
      if (signal.aborted) throw new SinkFailure(taken, "stopped");
      try {
        if (this.#mark.sizeBytes >= this.#bounds.maxSizeBytes) await this.#rotate();
        const lines: string[] = [];
        let sizeBytes = this.#mark.sizeBytes;
        for (let index = taken; index < entries.length && sizeBytes < this.#bounds.maxSizeBytes; index++) {
          const entry = entries[index];
          if (entry === undefined) break;
          const line = jsonLine(entry, this.#attributes);
          lines.push(line);
          sizeBytes += Buffer.byteLength(line);
        }
        await this.#append(lines.join(""), sizeBytes);
        taken += lines.length;
      } catch (error) {
        throw new SinkFailure(taken, messageOf(error), error);
      }
    }
  }

  close(): void {
    this.#file?.close().catch(() => undefined);
    this.#file = null;
  }

  /** All of it, or nothing: what a full disk cut off is taken back. */
  async #append(text: string, sizeBytes: number): Promise<void> {
    try {
      await this.#file?.appendFile(text);
    } catch (error) {
      await this.#file?.truncate(this.#mark.sizeBytes).catch(() => undefined);
      throw error;
    }
    this.#mark = { ...this.#mark, sizeBytes };
  }

  async #rotate(): Promise<void> {
    const { maxFiles } = this.#bounds;
    if (maxFiles === 1) {
      await this.#file?.truncate(0);
      this.#mark = { ...this.#mark, sizeBytes: 0 };
      return;
    }
    for (let number = maxFiles - 1; number >= 1; number--) {
      await rename(number === 1 ? this.#path : `${this.#path}.${number - 1}`, `${this.#path}.${number}`).catch((error: unknown) => {
        if ((error as NodeJS.ErrnoException).code !== "ENOENT") throw error;
      });
    }
    await this.#file?.close();
    await this.open();
  }
}
