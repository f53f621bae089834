import { fail } from "@berth/base";
import type { TarEntry, TarSink } from "@berth/spec";
import {
  AT_EMPTY_PATH,
  AT_SYMLINK_NOFOLLOW,
  O_CREAT,
  O_DIRECTORY,
  O_EXCL,
  O_NOCTTY,
  O_NOFOLLOW,
  O_NONBLOCK,
  O_PATH,
  O_TRUNC,
  O_WRONLY,
  S_IFBLK,
  S_IFCHR,
  S_IFDIR,
  S_IFIFO,
  S_IFMT,
  S_IFREG,
} from "../kernel/constants.ts";
import { errnoError, isErrno } from "../kernel/system.ts";
import type { Fd, FileStat } from "../ports.ts";
import { exactly } from "./entry-writer.ts";
import { travels } from "./file-entry.ts";
import { leadsOut, memberPath, type MemberPath, quote } from "./member-path.ts";
import { type Target, TargetFolders } from "./target-folders.ts";

/** How many bytes are written between two looks at the free space. */
const checkEveryBytes = 32 << 20;

/** How entries become files. */
export interface TreeWriterOptions extends Target {
  /** The target folder as messages name it; `path` when left out. */
  readonly shown?: string;
  /** Whose the files are: the archive's ids plus `idShift`, somebody's (ids on disk), or whoever unpacks. */
  readonly owner:
    | { readonly kind: "archive"; readonly idShift: number }
    | { readonly kind: "fixed"; readonly uid: number; readonly gid: number }
    | { readonly kind: "own" };
  /** Refuses to put a file in the place of a folder and the other way round. */
  readonly keepKinds: boolean;
  /** Bytes that must stay free on the file system. */
  readonly reserveBytes: number;
  /** Other names for entries and targets of hard links. */
  readonly rename?: (name: string) => string;
}

interface OpenFile {
  readonly fd: Fd;
  readonly parent: Fd;
  readonly name: string;
  readonly entry: TarEntry;
}

/**
 * Unpacks an archive into a folder as Docker does: what is there is replaced, folders are kept and filled, and links that are
 * there are followed inside the root. Nothing of the archive and nobody who changes the tree meanwhile leads out of the root
 * (openat2(2)). What is mounted on a file is written, never replaced.
 */
export class TreeWriter implements TarSink {
  readonly #options: TreeWriterOptions;
  readonly #folders: TargetFolders;
  /** The target folder as messages name it. */
  readonly #name: string;
  /** Times of folders, which the files in them would have changed. */
  readonly #times = new Map<string, bigint>();
  #file: OpenFile | null = null;
  #hasHoles = false;
  #unchecked = 0;

  constructor(options: TreeWriterOptions) {
    this.#options = options;
    this.#folders = new TargetFolders(options);
    this.#name = options.shown ?? options.path;
  }

  entry(given: TarEntry): void {
    const { rename } = this.#options;
    const entry =
      rename === undefined
        ? given
        : { ...given, name: rename(given.name), linkName: given.type === "link" ? rename(given.linkName) : given.linkName };
    const at = memberPath(entry.name, this.#name);
    if (at.parts.length === 0) {
      if (entry.type !== "directory" && this.#options.keepKinds) throw this.#mismatch(at, true);
      return;
    }
    const parent = this.#folders.open(at.parent);
    // Most archives bring what is not there yet: nothing is looked for before it is in the way.
    if (this.#created(at, parent, entry)) return;
    const found = this.#folders.stat(parent, at.name);
    if (found !== null && this.#keeps(entry, at, found)) {
      this.#fill(at, parent, entry, found);
      return;
    }
    if (found !== null) this.#folders.remove(parent, at.name, found);
    this.#create(at, parent, entry);
  }

  /** Makes what an entry tells of; false when something is there already. Every way to make a file refuses that (EEXIST). */
  #created(at: MemberPath, parent: Fd, entry: TarEntry): boolean {
    try {
      this.#create(at, parent, entry);
      return true;
    } catch (error) {
      if (isErrno(error, "EEXIST")) return false;
      throw error;
    }
  }

  data(bytes: Uint8Array): void {
    const file = this.#file;
    if (file === null) return;
    this.#unchecked += bytes.length;
    if (this.#unchecked >= checkEveryBytes) this.#checkSpace(file.fd);
    for (let rest = bytes; rest.length > 0; ) rest = rest.subarray(this.#options.kernel.write(file.fd, rest));
  }

  hole(bytes: number): void {
    if (this.#file === null) return;
    this.#options.kernel.skip(this.#file.fd, bytes);
    this.#hasHoles = true;
  }

  end(): void {
    const file = this.#file;
    if (file === null) return;
    this.#file = null;
    const { kernel } = this.#options;
    try {
      // A hole at the end is none before the file has its size.
      if (this.#hasHoles) kernel.truncate(file.fd, file.entry.sizeBytes);
      this.#hasHoles = false;
      this.#own(file.fd, "", file.entry, AT_EMPTY_PATH);
      kernel.fchmodat(file.fd, "", file.entry.mode);
      this.#setXattrs(file.parent, file.name, file.entry);
      kernel.utimensat(file.fd, "", file.entry.mtimeNs, file.entry.mtimeNs, AT_EMPTY_PATH);
    } finally {
      kernel.close(file.fd);
    }
  }

  /** Sets the times of folders; after the last entry. */
  finish(): void {
    const { kernel } = this.#options;
    for (const [path, mtimeNs] of this.#times) {
      try {
        const fd = kernel.openat2(this.#folders.base, path, { flags: O_PATH | O_DIRECTORY, resolve: exactly });
        try {
          kernel.utimensat(fd, "", mtimeNs, mtimeNs, AT_EMPTY_PATH);
        } finally {
          kernel.close(fd);
        }
      } catch (error) {
        // A later entry took its place, or it lies behind a link.
        if (!isErrno(error, "ENOENT", "ENOTDIR", "ELOOP")) throw error;
      }
    }
  }

  /** Closes every descriptor; what was written stays. */
  close(): void {
    if (this.#file !== null) this.#options.kernel.close(this.#file.fd);
    this.#file = null;
    this.#folders.close();
  }

  /** Whether an entry goes into what is there instead of replacing it. */
  #keeps(entry: TarEntry, at: MemberPath, found: FileStat): boolean {
    const isFolder = (found.mode & S_IFMT) === S_IFDIR;
    if (isFolder && entry.type === "directory") return true;
    if (this.#options.keepKinds && isFolder !== (entry.type === "directory")) throw this.#mismatch(at, isFolder);
    // A file that is mounted there (/etc/hosts, a bind of one file) is written in place: it cannot be replaced.
    const isFile = (found.mode & S_IFMT) === S_IFREG && entry.type === "file";
    return isFile && this.#folders.isMount(this.#folders.open(at.parent), found);
  }

  #mismatch(at: MemberPath, isFolder: boolean): Error {
    const path = quote(this.#shown(at));
    return isFolder
      ? fail("invalid", `cannot overwrite directory ${path} with non-directory ${quote(this.#name)}`)
      : fail("invalid", `cannot overwrite non-directory ${path} with directory ${quote(this.#name)}`);
  }

  #fill(at: MemberPath, parent: Fd, entry: TarEntry, found: FileStat): void {
    if (entry.type === "directory") {
      this.#dressFolder(at, parent, entry);
      return;
    }
    const { kernel } = this.#options;
    const seen = kernel.openat2(parent, at.name, { flags: O_PATH | O_NOFOLLOW, resolve: exactly });
    try {
      const now = kernel.statx(seen, "", AT_EMPTY_PATH);
      if (now.inode !== found.inode || now.dev !== found.dev) throw errnoError("openat2", at.name, 16);
      const fd = kernel.openat2(-100, `/proc/self/fd/${seen}`, { flags: O_WRONLY | O_TRUNC | O_NOCTTY | O_NONBLOCK, resolve: 0 });
      this.#file = { fd, parent, name: at.name, entry };
    } finally {
      kernel.close(seen);
    }
  }

  #create(at: MemberPath, parent: Fd, entry: TarEntry): void {
    const { kernel } = this.#options;
    switch (entry.type) {
      case "directory":
        kernel.mkdirat(parent, at.name, 0o700);
        this.#dressFolder(at, parent, entry);
        return;
      case "file": {
        const how = { flags: O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, mode: 0o600, resolve: exactly };
        this.#file = { fd: kernel.openat2(parent, at.name, how), parent, name: at.name, entry };
        return;
      }
      case "symlink":
        if (entry.linkName === "" || leadsOut(at, entry.linkName)) throw this.#badLink("symlink", at, entry);
        kernel.symlinkat(entry.linkName, parent, at.name);
        this.#own(parent, at.name, entry, AT_SYMLINK_NOFOLLOW);
        kernel.utimensat(parent, at.name, entry.mtimeNs, entry.mtimeNs, AT_SYMLINK_NOFOLLOW);
        return;
      case "link":
        this.#link(at, entry);
        return;
      case "fifo":
      case "char":
      case "block": {
        const kind = entry.type === "fifo" ? S_IFIFO : entry.type === "char" ? S_IFCHR : S_IFBLK;
        kernel.mknodat(parent, at.name, kind | 0o600, entry.deviceMajor, entry.deviceMinor);
        this.#own(parent, at.name, entry, AT_SYMLINK_NOFOLLOW);
        kernel.fchmodat(parent, at.name, entry.mode);
        kernel.utimensat(parent, at.name, entry.mtimeNs, entry.mtimeNs, AT_SYMLINK_NOFOLLOW);
      }
    }
  }

  /** Owner and mode of a folder. */
  #dressFolder(at: MemberPath, parent: Fd, entry: TarEntry): void {
    const { kernel } = this.#options;
    const fd = kernel.openat2(parent, at.name, { flags: O_PATH | O_DIRECTORY | O_NOFOLLOW, resolve: exactly });
    try {
      this.#own(fd, "", entry, AT_EMPTY_PATH);
      kernel.fchmodat(fd, "", entry.mode);
    } finally {
      kernel.close(fd);
    }
    this.#setXattrs(parent, at.name, entry);
    this.#times.set(at.parts.join("/"), entry.mtimeNs);
  }

  #link(at: MemberPath, entry: TarEntry): void {
    const { kernel } = this.#options;
    let from: MemberPath;
    try {
      from = memberPath(entry.linkName, this.#name);
    } catch {
      throw this.#badLink("hardlink", at, entry);
    }
    if (from.parts.length === 0) throw this.#badLink("hardlink", at, entry);
    if (from.parts.join("/") === at.parts.join("/")) return;
    const source = this.#folders.open(from.parent);
    const found = this.#folders.stat(source, from.name);
    if (found === null) throw fail("invalid", `link ${this.#shown(from)} ${this.#shown(at)}: no such file or directory`);
    // Opening the other folder may have closed this one.
    const held = kernel.dup(source);
    try {
      kernel.linkat(held, from.name, this.#folders.open(at.parent), at.name, 0);
    } finally {
      kernel.close(held);
    }
  }

  #badLink(what: "symlink" | "hardlink", at: MemberPath, entry: TarEntry): Error {
    return fail("invalid", `invalid ${what} ${quote(this.#shown(at))} -> ${quote(entry.linkName)}`);
  }

  #shown(at: MemberPath): string {
    return `${this.#name.replace(/\/$/, "")}/${at.parts.join("/")}`;
  }

  #own(fd: Fd, name: string, entry: TarEntry, flags: number): void {
    const { owner, kernel } = this.#options;
    if (owner.kind === "own") return;
    const [uid, gid] = owner.kind === "fixed" ? [owner.uid, owner.gid] : [entry.uid + owner.idShift, entry.gid + owner.idShift];
    kernel.fchownat(fd, name, uid, gid, flags);
  }

  #setXattrs(parent: Fd, name: string, entry: TarEntry): void {
    for (const [key, value] of entry.xattrs ?? []) {
      if (!travels(key)) continue;
      try {
        this.#options.kernel.lsetxattr(`/proc/self/fd/${parent}/${name}`, key, value);
      } catch (error) {
        // The file system has no such attributes; Docker goes on as well.
        if (!isErrno(error, "EOPNOTSUPP", "ENOTSUP", "EPERM")) throw error;
      }
    }
  }

  #checkSpace(fd: Fd): void {
    this.#unchecked = 0;
    const { freeBytes } = this.#options.kernel.statfs(`/proc/self/fd/${fd}`);
    if (freeBytes < BigInt(this.#options.reserveBytes)) throw fail("exhausted", "no space left on device");
  }
}
