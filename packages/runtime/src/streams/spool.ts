import { read as readCallback, write as writeCallback } from "node:fs";
import { promisify } from "node:util";
import { AT_FDCWD, type Fd, type Kernel, O_RDWR } from "@berth/linux";
import type { OutputChunk } from "../ports.ts";

const readAt = promisify(readCallback);
const writeAt = promisify(writeCallback);

/** A file without a name in a folder (open(2)); it goes when it is closed, also with the process. */
const O_TMPFILE = 0o20200000;
const SEGMENT_BYTES = 64 * 1024 * 1024;
const BLOCK_BYTES = 256 * 1024;
const HEADER_BYTES = 5;

/** A piece of the spool: what was written to it and read from it so far. */
interface Segment {
  readonly fd: Fd;
  written: number;
  taken: number;
}

/**
 * Output that waits on disk for a slow reader, in order. Pieces of 64 MiB are given back as soon as they are read,
 * so that a reader who keeps up never fills it.
 */
export class Spool {
  readonly #kernel: Kernel;
  readonly #folder: string;
  readonly #limitBytes: number;
  readonly #onFlushed: () => void;
  readonly #segments: Segment[] = [];
  #pending: Uint8Array[] = [];
  #pendingBytes = 0;
  #writing: Promise<void> | null = null;
  #reading: Promise<unknown> = Promise.resolve();
  #failure: unknown = null;
  #closed = false;

  /** @param options `folder` is where the nameless files lie; `onFlushed` is called when less waits to be written */
  constructor(options: { readonly kernel: Kernel; readonly folder: string; readonly limitBytes: number; readonly onFlushed: () => void }) {
    this.#kernel = options.kernel;
    this.#folder = options.folder;
    this.#limitBytes = options.limitBytes;
    this.#onFlushed = options.onFlushed;
  }

  /** Bytes that wait in memory to be written. */
  get pendingBytes(): number {
    return this.#pendingBytes;
  }

  get empty(): boolean {
    return this.#pendingBytes === 0 && this.#segments.every((segment) => segment.taken === segment.written);
  }

  /** Takes a piece at the end; false when the spool is full or its disk failed. */
  append(chunk: OutputChunk): boolean {
    const unread = this.#segments.reduce((sum, segment) => sum + segment.written - segment.taken, 0);
    if (this.#failure !== null || unread + this.#pendingBytes + chunk.bytes.length + HEADER_BYTES > this.#limitBytes) return false;
    const record = Buffer.allocUnsafe(HEADER_BYTES + chunk.bytes.length);
    record.writeUInt8(chunk.stream, 0);
    record.writeUInt32BE(chunk.bytes.length, 1);
    record.set(chunk.bytes, HEADER_BYTES);
    this.#pending.push(record);
    this.#pendingBytes += record.length;
    this.#writing ??= this.#flush();
    return true;
  }

  /** The next pieces; an empty list when everything was read. */
  read(): Promise<OutputChunk[]> {
    const reading = this.#read();
    this.#reading = reading.catch(() => undefined);
    return reading;
  }

  async #read(): Promise<OutputChunk[]> {
    for (;;) {
      const segment = this.#segments[0];
      if (segment !== undefined && segment.taken < segment.written) return this.#readFrom(segment);
      if (segment !== undefined && this.#segments.length > 1) {
        this.#kernel.close(segment.fd);
        this.#segments.shift();
        continue;
      }
      if (this.#writing === null) return [];
      await this.#writing;
    }
  }

  /** Gives the disk space back. */
  close(): void {
    this.#closed = true;
    this.#pending = [];
    this.#pendingBytes = 0;
    // What is under way still uses its descriptor; closed before, its number could already be another file's.
    void Promise.all([this.#writing, this.#reading]).then(() => {
      for (const segment of this.#segments.splice(0)) this.#kernel.close(segment.fd);
    });
  }

  async #readFrom(segment: Segment): Promise<OutputChunk[]> {
    let block = Buffer.allocUnsafe(Math.min(BLOCK_BYTES, segment.written - segment.taken));
    await readFully(segment.fd, block, segment.taken);
    const first = HEADER_BYTES + block.readUInt32BE(1);
    if (first > block.length) {
      block = Buffer.allocUnsafe(first);
      await readFully(segment.fd, block, segment.taken);
    }
    const chunks: OutputChunk[] = [];
    let at = 0;
    while (at + HEADER_BYTES <= block.length) {
      const end = at + HEADER_BYTES + block.readUInt32BE(at + 1);
      if (end > block.length) break;
      chunks.push({ stream: block[at] === 2 ? 2 : 1, bytes: block.subarray(at + HEADER_BYTES, end) });
      at = end;
    }
    segment.taken += at;
    return chunks;
  }

  async #flush(): Promise<void> {
    try {
      while (this.#pending.length > 0 && !this.#closed) {
        const batch = Buffer.concat(this.#pending);
        this.#pending = [];
        const segment = this.#writable();
        for (let at = 0; at < batch.length; ) {
          const { bytesWritten } = await writeAt(segment.fd, batch, at, batch.length - at, segment.written + at);
          at += bytesWritten;
        }
        segment.written += batch.length;
        this.#pendingBytes = Math.max(0, this.#pendingBytes - batch.length);
        this.#onFlushed();
      }
    } catch (error) {
      this.#failure = error;
      this.#pending = [];
      this.#pendingBytes = 0;
    } finally {
      this.#writing = null;
      this.#onFlushed();
    }
  }

  /** The last segment, or a new one when it is full. */
  #writable(): Segment {
    const last = this.#segments.at(-1);
    if (last !== undefined && last.written < SEGMENT_BYTES) return last;
    const fd = this.#kernel.openat2(AT_FDCWD, this.#folder, { flags: O_TMPFILE | O_RDWR, mode: 0o600, resolve: 0 });
    const segment = { fd, written: 0, taken: 0 };
    this.#segments.push(segment);
    return segment;
  }
}

async function readFully(fd: Fd, into: Buffer, position: number): Promise<void> {
  for (let at = 0; at < into.length; ) {
    const { bytesRead } = await readAt(fd, into, at, into.length - at, position + at);
    if (bytesRead === 0) throw new Error("the spool file is shorter than what was written to it");
    at += bytesRead;
  }
}
