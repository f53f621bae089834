import { formatTarEntry, tarPadding } from "@berth/spec";
import {
  AT_EMPTY_PATH,
  AT_FDCWD,
  O_NOCTTY,
  O_NOFOLLOW,
  O_NONBLOCK,
  O_PATH,
  O_RDONLY,
  RESOLVE_BENEATH,
  RESOLVE_NO_MAGICLINKS,
  RESOLVE_NO_SYMLINKS,
} from "../kernel/constants.ts";
import { isErrno } from "../kernel/system.ts";
import type { Fd, Kernel } from "../ports.ts";
import { entryOf, type FoundFile, tarTypeOf } from "./file-entry.ts";

/** Opens exactly one name of a directory, never through a link. */
export const exactly: number = RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS | RESOLVE_NO_MAGICLINKS;
const pieceBytes = 256 * 1024;

/**
 * Makes the pieces of an archive out of files. Files that are one and the same become hard links; sockets are left out.
 * Every piece is only valid until the next one is asked for.
 */
export class EntryWriter {
  readonly #kernel: Kernel;
  readonly #idShift: number;
  /** First path of each file that has several names. */
  readonly #seen = new Map<string, string>();
  readonly #piece = new Uint8Array(pieceBytes);

  constructor(kernel: Kernel, idShift: number) {
    this.#kernel = kernel;
    this.#idShift = idShift;
  }

  /** The entry of one file with its data. `path` is its name in the archive. */
  *entry(file: FoundFile, path: string): Generator<Uint8Array> {
    const type = tarTypeOf(file.stat.mode);
    if (type === null) return;
    const { stat } = file;
    const known = this.#firstName(file, path);
    if (known !== null) {
      const init = entryOf(this.#kernel, file, { path, type, idShift: this.#idShift });
      yield formatTarEntry({ ...init, type: "link", linkName: known, sizeBytes: 0, xattrs: null });
      return;
    }
    if (type !== "file") {
      yield formatTarEntry(entryOf(this.#kernel, file, { path, type, idShift: this.#idShift }));
      return;
    }
    const fd = this.#openSame(file);
    if (fd === null) return;
    try {
      yield formatTarEntry(entryOf(this.#kernel, file, { path, type, idShift: this.#idShift }));
      yield* this.#data(fd, stat.sizeBytes);
      yield tarPadding(stat.sizeBytes);
    } finally {
      this.#kernel.close(fd);
    }
  }

  #firstName({ stat }: FoundFile, path: string): string | null {
    if (stat.nlink < 2 || tarTypeOf(stat.mode) === "directory") return null;
    const key = `${stat.dev}:${stat.inode}`;
    const known = this.#seen.get(key);
    if (known === undefined) this.#seen.set(key, path);
    return known ?? null;
  }

  /** Opens what was looked at: a device or pipe that took its place is never opened. null when it is gone. */
  #openSame({ parent, name, stat, fd }: FoundFile): Fd | null {
    if (fd !== undefined) return this.#openData(fd);
    let found: Fd;
    try {
      found = this.#kernel.openat2(parent, name, { flags: O_PATH | O_NOFOLLOW, resolve: exactly });
    } catch (error) {
      if (isErrno(error, "ENOENT", "ENOTDIR", "ELOOP")) return null;
      throw error;
    }
    try {
      const now = this.#kernel.statx(found, "", AT_EMPTY_PATH);
      if (tarTypeOf(now.mode) !== "file" || now.inode !== stat.inode || now.dev !== stat.dev) return null;
      return this.#openData(found);
    } finally {
      this.#kernel.close(found);
    }
  }

  /** Opens a file again that is open with O_PATH, by the one name that cannot lead elsewhere. */
  #openData(found: Fd): Fd {
    return this.#kernel.openat2(AT_FDCWD, `/proc/self/fd/${found}`, { flags: O_RDONLY | O_NOCTTY | O_NONBLOCK, resolve: 0 });
  }

  /** Exactly as many bytes as the header says: what a file lost meanwhile reads as zeros, what it gained is left out. */
  *#data(fd: Fd, sizeBytes: number): Generator<Uint8Array> {
    for (let left = sizeBytes; left > 0; ) {
      const into = this.#piece.subarray(0, Math.min(left, pieceBytes));
      const length = this.#kernel.read(fd, into);
      if (length === 0) {
        this.#piece.fill(0);
        for (; left > 0; left -= Math.min(left, pieceBytes)) yield this.#piece.subarray(0, Math.min(left, pieceBytes));
        return;
      }
      left -= length;
      yield into.subarray(0, length);
    }
  }
}
