import type { TarEntryInit, TarType } from "@berth/spec";
import { S_IFBLK, S_IFCHR, S_IFDIR, S_IFIFO, S_IFLNK, S_IFMT, S_IFREG } from "../kernel/constants.ts";
import { isErrno } from "../kernel/system.ts";
import type { Fd, FileStat, Kernel } from "../ports.ts";

const secondNs = 1_000_000_000n;
/** Capabilities of files, access lists and what programs keep for themselves; labels of the machine stay here. */
const travelling = /^(security\.capability$|system\.posix_acl_|user\.(?!overlay\.))/;

/** A file that is to become an entry of an archive. */
export interface FoundFile {
  readonly parent: Fd;
  readonly name: string;
  readonly stat: FileStat;
  /** The file itself, opened with O_PATH; undefined when only its name is known. Whoever opened it closes it. */
  readonly fd?: Fd;
}

/** The tar type of a file's mode; null for sockets, which no archive can hold. */
export function tarTypeOf(mode: number): TarType | null {
  switch (mode & S_IFMT) {
    case S_IFREG:
      return "file";
    case S_IFDIR:
      return "directory";
    case S_IFLNK:
      return "symlink";
    case S_IFCHR:
      return "char";
    case S_IFBLK:
      return "block";
    case S_IFIFO:
      return "fifo";
    default:
      return null;
  }
}

/**
 * A file as an entry of an archive. Times are whole seconds, as in Docker's archives: fractions would cost a header of
 * their own for each file.
 * @param idShift what the ids on disk are higher than those inside the container
 */
export function entryOf(
  kernel: Kernel,
  file: FoundFile,
  options: { readonly path: string; readonly type: TarType; readonly idShift: number },
): TarEntryInit {
  const { stat, parent, name } = file;
  const { type, idShift } = options;
  const device = type === "char" || type === "block";
  return {
    name: options.path,
    type,
    mode: stat.mode & 0o7777,
    uid: insideId(stat.uid, idShift),
    gid: insideId(stat.gid, idShift),
    sizeBytes: type === "file" ? stat.sizeBytes : 0,
    mtimeNs: (stat.mtimeNs / secondNs) * secondNs,
    linkName: type === "symlink" ? kernel.readlinkat(parent, name) : "",
    deviceMajor: device ? stat.rdevMajor : 0,
    deviceMinor: device ? stat.rdevMinor : 0,
    xattrs: type === "symlink" ? null : xattrsOf(kernel, `/proc/self/fd/${parent}/${name}`),
  };
}

/** An id as the container sees it; one below the container's own is nobody's there. */
function insideId(id: number, idShift: number): number {
  return id >= idShift ? id - idShift : 65534;
}

/** Extended attributes that go with a file; null when it has none. */
export function xattrsOf(kernel: Kernel, path: string): ReadonlyMap<string, Uint8Array> | null {
  let found: Map<string, Uint8Array> | null = null;
  try {
    for (const name of kernel.llistxattr(path)) {
      if (!travelling.test(name)) continue;
      const value = kernel.lgetxattr(path, name);
      if (value === null) continue;
      found ??= new Map();
      found.set(name, value);
    }
  } catch (error) {
    // It went away meanwhile, or its file system refuses to tell.
    if (!isErrno(error, "ENOENT", "ENOTDIR", "EPERM", "EACCES", "ELOOP")) throw error;
  }
  return found;
}

/** Whether an attribute of an archive's entry is set on the file that is made of it. */
export function travels(xattr: string): boolean {
  return travelling.test(xattr);
}
