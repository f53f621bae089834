import { type FileHandle, open } from "node:fs/promises";
import { type Hasher, sha256Hasher } from "@berth/base";

/** A file that was received whole. */
export interface StagedFile {
  readonly path: string;
  readonly sizeBytes: number;
  readonly digest: string;
}

const bufferBytes = 1 << 20;

/** Writes a file in large pieces and hashes it. */
export class StagingFile {
  readonly #path: string;
  readonly #handle: FileHandle;
  readonly #hasher: Hasher = sha256Hasher();
  readonly #buffer = Buffer.allocUnsafe(bufferBytes);
  #filled = 0;
  #sizeBytes = 0;

  private constructor(path: string, handle: FileHandle) {
    this.#path = path;
    this.#handle = handle;
  }

  static async create(path: string): Promise<StagingFile> {
    return new StagingFile(path, await open(path, "wx", 0o644));
  }

  async write(bytes: Uint8Array): Promise<void> {
    this.#hasher.update(bytes);
    this.#sizeBytes += bytes.length;
    for (let at = 0; at < bytes.length; ) {
      const take = Math.min(bufferBytes - this.#filled, bytes.length - at);
      this.#buffer.set(bytes.subarray(at, at + take), this.#filled);
      this.#filled += take;
      at += take;
      if (this.#filled === bufferBytes) await this.#flush();
    }
  }

  /** Writes the rest and closes the file. */
  async finish(): Promise<StagedFile> {
    await this.#flush();
    await this.#handle.close();
    return { path: this.#path, sizeBytes: this.#sizeBytes, digest: this.#hasher.digest() };
  }

  /** Closes the file after a failure; it stays for its folder's removal. */
  async abandon(): Promise<void> {
    await this.#handle.close();
  }

  async #flush(): Promise<void> {
    for (let at = 0; at < this.#filled; ) {
      const { bytesWritten } = await this.#handle.write(this.#buffer, at, this.#filled - at);
      at += bytesWritten;
    }
    this.#filled = 0;
  }
}
