import { readFileSync } from "node:fs";
import { fail } from "@berth/base";
import {
  AT_EMPTY_PATH,
  AT_SYMLINK_NOFOLLOW,
  type Fd,
  isErrno,
  type Kernel,
  O_CREAT,
  O_DIRECTORY,
  O_EXCL,
  O_NOFOLLOW,
  O_PATH,
  O_WRONLY,
  S_IFBLK,
  S_IFCHR,
  S_IFDIR,
  S_IFIFO,
  S_IFMT,
} from "@berth/linux";
import type { TarEntry, TarSink } from "@berth/spec";
import { insideLayer, isWhiteout, LayerDirectories } from "./directories.ts";
import { checkSymlinkTarget, cleanEntryPath, type EntryPath, quoteName } from "./entry-path.ts";
import type { UnpackLimits } from "./messages.ts";
import { keptXattrs } from "./xattrs.ts";

const whiteoutPrefix = ".wh.";
const whiteoutMetaPrefix = ".wh..wh.";
const opaqueMarker = ".wh..wh..opq";
/** How many bytes are written between two looks at the free space. */
const checkEveryBytes = 32 << 20;

interface DirectoryTimes {
  readonly mode: number;
  readonly mtimeNs: bigint;
}

/**
 * Writes the entries of one layer's tar below a directory; whiteouts become overlay's own. Everything is opened
 * relative to descriptors and under the root, so that no name or link of the archive leads out of it. Devices are
 * refused, except 0/0, which is a whiteout in overlay's form.
 */
export class LayerWriter implements TarSink {
  readonly #kernel: Kernel;
  readonly #limits: UnpackLimits;
  readonly #target: string;
  readonly #root: Fd;
  readonly #directories: LayerDirectories;
  readonly #times = new Map<string, DirectoryTimes>();
  #file: { readonly fd: Fd; readonly parent: Fd; readonly name: string; readonly entry: TarEntry } | null = null;
  /** Mode bits that need no chmod after open(2). */
  readonly #modeAtOpen: number = 0o777 & ~processUmask();
  #current = "";
  #unchecked = 0;
  #hasHoles = false;
  #sizeBytes = 0;
  #entries = 0;

  constructor(options: { readonly kernel: Kernel; readonly target: string; readonly limits: UnpackLimits }) {
    this.#kernel = options.kernel;
    this.#limits = options.limits;
    this.#target = options.target;
    this.#root = options.kernel.openat2(-100, options.target, { flags: O_PATH | O_DIRECTORY | O_NOFOLLOW, resolve: 0 });
    this.#directories = new LayerDirectories(options.kernel, this.#root);
  }

  get sizeBytes(): number {
    return this.#sizeBytes;
  }

  get entries(): number {
    return this.#entries;
  }

  /** To be asked before {@link close}. */
  impliedDirectories(): readonly string[] {
    return this.#directories.impliedDirectories();
  }

  /** Name of the entry that is being written, for errors. */
  get current(): string {
    return this.#current;
  }

  entry(entry: TarEntry): void {
    this.#entries++;
    this.#current = entry.name;
    const at = cleanEntryPath(entry.name);
    if (at.name.startsWith(whiteoutPrefix)) this.#whiteout(at);
    else if (at.path === "") this.#rootEntry(entry);
    else this.#create(at, entry);
  }

  data(bytes: Uint8Array): void {
    const file = this.#file;
    if (file === null) return;
    this.#count(bytes.length);
    this.#unchecked += bytes.length;
    if (this.#unchecked >= checkEveryBytes) this.#checkSpace();
    for (let rest = bytes; rest.length > 0; ) rest = rest.subarray(this.#kernel.write(file.fd, rest));
  }

  #count(bytes: number): void {
    this.#sizeBytes += bytes;
    if (this.#sizeBytes > this.#limits.bytes) throw fail("exhausted", `the layer unpacks to more than ${this.#limits.bytes} bytes`);
  }

  hole(bytes: number): void {
    const file = this.#file;
    if (file === null) return;
    // A layer's size is that of its files, whatever they take on the disk.
    this.#count(bytes);
    this.#kernel.skip(file.fd, bytes);
    this.#hasHoles = true;
  }

  end(): void {
    const file = this.#file;
    if (file === null) return;
    this.#file = null;
    try {
      if (this.#hasHoles) this.#kernel.truncate(file.fd, file.entry.sizeBytes);
      this.#hasHoles = false;
      const { fd, parent, name, entry } = file;
      if (entry.uid !== 0 || entry.gid !== 0) this.#kernel.fchownat(fd, "", entry.uid, entry.gid, AT_EMPTY_PATH);
      if ((entry.mode & ~this.#modeAtOpen) !== 0) this.#kernel.fchmodat(fd, "", entry.mode);
      this.#setXattrs(parent, name, entry);
      this.#kernel.utimensat(fd, "", entry.mtimeNs, entry.mtimeNs, AT_EMPTY_PATH);
    } finally {
      this.#kernel.close(file.fd);
    }
  }

  /** Sets modes and times of directories, which the files in them would have changed. */
  finish(): void {
    for (const [path, { mode, mtimeNs }] of this.#times) {
      let fd: Fd;
      try {
        fd = this.#kernel.openat2(this.#root, path === "" ? "." : path, { flags: O_PATH | O_DIRECTORY | O_NOFOLLOW, resolve: insideLayer });
      } catch (error) {
        // A later entry of the same layer took its place.
        if (isErrno(error, "ENOENT", "ENOTDIR", "ELOOP")) continue;
        throw error;
      }
      try {
        this.#kernel.fchmodat(fd, "", mode);
        this.#kernel.utimensat(fd, "", mtimeNs, mtimeNs, AT_EMPTY_PATH);
      } finally {
        this.#kernel.close(fd);
      }
    }
  }

  /** Closes every descriptor; what was written stays. */
  close(): void {
    if (this.#file !== null) this.#kernel.close(this.#file.fd);
    this.#file = null;
    this.#directories.forget();
    this.#kernel.close(this.#root);
  }

  #rootEntry(entry: TarEntry): void {
    if (entry.type !== "directory") throw fail("invalid", `${quoteName(entry.name)} replaces the root directory`);
    if (entry.uid !== 0 || entry.gid !== 0) this.#kernel.fchownat(this.#root, "", entry.uid, entry.gid, AT_EMPTY_PATH);
    this.#times.set("", { mode: entry.mode, mtimeNs: entry.mtimeNs });
  }

  #whiteout(at: EntryPath): void {
    if (at.name === opaqueMarker) {
      if (at.parent === "") {
        this.#kernel.lsetxattr(this.#target, "trusted.overlay.opaque", new Uint8Array([0x79]));
        return;
      }
      this.#directories.open(at.parent);
      const above = cleanEntryPath(at.parent);
      this.#directories.markOpaque(this.#directories.open(above.parent), above.name);
      return;
    }
    // What else begins so is AUFS's own bookkeeping (its link and orphan directories).
    if (at.name.startsWith(whiteoutMetaPrefix)) return;
    const name = at.name.slice(whiteoutPrefix.length);
    if (name === "" || name === "." || name === "..") throw fail("invalid", `${quoteName(at.path)} is no valid whiteout`);
    this.#hide(at.parent, name);
  }

  #hide(parentPath: string, name: string): void {
    const parent = this.#directories.open(parentPath);
    const found = this.#directories.stat(parent, name);
    if (found !== null && isWhiteout(found)) return;
    if (found !== null) this.#directories.remove(parent, name, found);
    this.#directories.whiteOut(parent, name);
  }

  #create(at: EntryPath, entry: TarEntry): void {
    switch (entry.type) {
      case "directory":
        this.#makeDirectory(at, entry);
        return;
      case "file":
        this.#makeFile(at, entry);
        return;
      case "symlink":
        checkSymlinkTarget(at, entry.linkName);
        this.#make(at, (parent) => this.#kernel.symlinkat(entry.linkName, parent, at.name));
        this.#sizeBytes += Buffer.byteLength(entry.linkName);
        this.#finishNode(at, entry);
        return;
      case "link":
        this.#makeLink(at, entry);
        return;
      case "fifo":
        this.#make(at, (parent) => this.#kernel.mknodat(parent, at.name, S_IFIFO | 0o600, 0, 0));
        this.#finishNode(at, entry);
        return;
      case "char":
      case "block":
        if (entry.type === "char" && entry.deviceMajor === 0 && entry.deviceMinor === 0) {
          this.#hide(at.parent, at.name);
          return;
        }
        if (this.#limits.devices === true) {
          const kind = entry.type === "char" ? S_IFCHR : S_IFBLK;
          this.#make(at, (parent) => this.#kernel.mknodat(parent, at.name, kind | 0o600, entry.deviceMajor, entry.deviceMinor));
          this.#finishNode(at, entry);
          return;
        }
        throw fail(
          "invalid",
          `${quoteName(entry.name)} is a device node (${entry.type} ${entry.deviceMajor}:${entry.deviceMinor}); images may not bring devices`,
        );
    }
  }

  #makeDirectory(at: EntryPath, entry: TarEntry): void {
    const parent = this.#directories.open(at.parent);
    try {
      this.#kernel.mkdirat(parent, at.name, 0o755);
    } catch (error) {
      if (!isErrno(error, "EEXIST")) throw error;
      const found = this.#directories.stat(parent, at.name);
      if (found !== null && (found.mode & S_IFMT) !== S_IFDIR) {
        this.#directories.remove(parent, at.name, found);
        this.#kernel.mkdirat(parent, at.name, 0o755);
        if (isWhiteout(found)) this.#directories.markOpaque(parent, at.name);
      }
    }
    this.#directories.markExplicit(at.path);
    this.#kernel.fchownat(parent, at.name, entry.uid, entry.gid, AT_SYMLINK_NOFOLLOW);
    this.#setXattrs(parent, at.name, entry);
    this.#times.set(at.path, { mode: entry.mode, mtimeNs: entry.mtimeNs });
  }

  #makeFile(at: EntryPath, entry: TarEntry): void {
    const how = { flags: O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, mode: entry.mode & this.#modeAtOpen, resolve: 0 };
    let fd: Fd = -1;
    const parent = this.#make(at, (directory) => {
      fd = this.#kernel.openat2(directory, at.name, how);
    });
    this.#file = { fd, parent, name: at.name, entry };
  }

  #makeLink(at: EntryPath, entry: TarEntry): void {
    const from = cleanEntryPath(entry.linkName);
    if (from.path === at.path) return;
    const explain = `hard link ${quoteName(entry.name)} -> ${quoteName(entry.linkName)}`;
    if (from.path === "") throw fail("invalid", `${explain}: the target is no file`);
    // Looked at before anything is made or replaced; a target in a lower layer would be another file.
    const found = this.#statTarget(from);
    if (found === null) throw fail("invalid", `${explain}: the target is not in the same layer`);
    if ((found.mode & S_IFMT) === S_IFDIR || isWhiteout(found)) throw fail("invalid", `${explain}: the target is no file`);
    this.#make(at, (parent) => {
      const source = this.#kernel.openat2(this.#root, from.parent === "" ? "." : from.parent, {
        flags: O_PATH | O_DIRECTORY,
        resolve: insideLayer,
      });
      try {
        this.#kernel.linkat(source, from.name, parent, at.name, 0);
      } finally {
        this.#kernel.close(source);
      }
    });
  }

  #statTarget(from: EntryPath): ReturnType<LayerDirectories["stat"]> {
    let fd: Fd;
    try {
      fd = this.#kernel.openat2(this.#root, from.path, { flags: O_PATH | O_NOFOLLOW, resolve: insideLayer });
    } catch (error) {
      if (isErrno(error, "ENOENT", "ENOTDIR")) return null;
      throw error;
    }
    try {
      return this.#kernel.statx(fd, "", AT_EMPTY_PATH);
    } finally {
      this.#kernel.close(fd);
    }
  }

  /** Makes something, in the place of what an earlier entry left there. Gives the parent's descriptor. */
  #make(at: EntryPath, create: (parent: Fd) => void): Fd {
    const parent = this.#directories.open(at.parent);
    try {
      create(parent);
    } catch (error) {
      if (!isErrno(error, "EEXIST")) throw error;
      const found = this.#directories.stat(parent, at.name);
      if (found !== null) this.#directories.remove(parent, at.name, found);
      create(parent);
    }
    return parent;
  }

  /** Owner, mode and time of a link, a FIFO or a device. */
  #finishNode(at: EntryPath, entry: TarEntry): void {
    const parent = this.#directories.open(at.parent);
    if (entry.uid !== 0 || entry.gid !== 0) this.#kernel.fchownat(parent, at.name, entry.uid, entry.gid, AT_SYMLINK_NOFOLLOW);
    if (entry.type !== "symlink") this.#kernel.fchmodat(parent, at.name, entry.mode);
    this.#kernel.utimensat(parent, at.name, entry.mtimeNs, entry.mtimeNs, AT_SYMLINK_NOFOLLOW);
  }

  #setXattrs(parent: Fd, name: string, entry: TarEntry): void {
    for (const [key, value] of keptXattrs(entry.name, entry.xattrs)) {
      try {
        this.#kernel.lsetxattr(`/proc/self/fd/${parent}/${name}`, key, value);
      } catch (error) {
        // The file system has no such attributes (tmpfs and user.*); Docker goes on as well.
        if (!isErrno(error, "EOPNOTSUPP", "ENOTSUP")) throw error;
      }
    }
  }

  #checkSpace(): void {
    this.#unchecked = 0;
    const free = this.#kernel.statfs(this.#target).freeBytes;
    if (free < BigInt(this.#limits.reserveBytes)) throw fail("exhausted", "no space left on device");
  }
}

/** Read, not asked for by umask(2), which would change it for all threads. */
function processUmask(): number {
  const line = /^Umask:\s+([0-7]+)$/m.exec(readFileSync("/proc/self/status", "utf8"));
  return line?.[1] === undefined ? 0o777 : Number.parseInt(line[1], 8);
}
