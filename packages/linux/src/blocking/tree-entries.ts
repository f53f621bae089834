import { cstring, type System } from "../kernel/system.ts";
import { parseStatx, statxMask, statxSize } from "../kernel/statx.ts";
import type { Fd, FileStat } from "../ports.ts";

const chunkBytes = 32 * 1024;
const DT_DIR = 4;
const DT_UNKNOWN = 0;
const S_IFMT = 0o170000;
const S_IFDIR = 0o040000;
const AT_SYMLINK_NOFOLLOW = 0x100;

/** One entry of a directory: its name's bytes with their NUL, ready for the next call. */
export interface TreeEntry {
  readonly name: Uint8Array;
  readonly isDirectory: boolean;
}

/**
 * The next entries of a directory from where it was read to, without `.` and `..`; null at the end. At most 32 KiB of
 * names at a time, however large the directory.
 */
export function nextEntries(system: System, fd: Fd, path: string): TreeEntry[] | null {
  for (;;) {
    const chunk = new Uint8Array(chunkBytes);
    const length = system.run("getdents64", path, () => Number(system.libc.getdents64(fd, chunk, chunkBytes)));
    if (length === 0) return null;
    const entries = parse(system, fd, path, chunk.subarray(0, length));
    if (entries.length > 0) return entries;
  }
}

function parse(system: System, fd: Fd, path: string, chunk: Uint8Array): TreeEntry[] {
  const view = new DataView(chunk.buffer, chunk.byteOffset, chunk.byteLength);
  const entries: TreeEntry[] = [];
  for (let at = 0; at < chunk.length; ) {
    const recordBytes = view.getUint16(at + 16, true);
    const type = chunk[at + 18];
    const name = chunk.subarray(at + 19, chunk.indexOf(0, at + 19) + 1);
    at += recordBytes;
    if ((name.length === 2 && name[0] === 46) || (name.length === 3 && name[0] === 46 && name[1] === 46)) continue;
    const isDirectory = type === DT_UNKNOWN ? (statEntry(system, fd, name, path).mode & S_IFMT) === S_IFDIR : type === DT_DIR;
    entries.push({ name, isDirectory });
  }
  return entries;
}

/** statx(2) of one entry, not through a link. */
export function statEntry({ libc, run }: System, fd: Fd, name: Uint8Array, path: string): FileStat {
  const into = new Uint8Array(statxSize);
  run("statx", path, () => libc.statx(fd, name, AT_SYMLINK_NOFOLLOW, statxMask, into));
  return parseStatx(new DataView(into.buffer));
}

/** statx(2) of an open file itself. */
export function statFd({ libc, run }: System, fd: Fd, path: string): FileStat {
  const into = new Uint8Array(statxSize);
  const empty = cstring("statx", "");
  run("statx", path, () => libc.statx(fd, empty, 0x1000, statxMask, into));
  return parseStatx(new DataView(into.buffer));
}

/** A name's bytes as text for an error. */
export function textOf(name: Uint8Array): string {
  return Buffer.from(name.buffer, name.byteOffset, Math.max(name.length - 1, 0)).toString("utf8");
}
