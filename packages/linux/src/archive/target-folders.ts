import {
  AT_EMPTY_PATH,
  AT_REMOVEDIR,
  AT_SYMLINK_NOFOLLOW,
  O_DIRECTORY,
  O_NOFOLLOW,
  O_PATH,
  RESOLVE_IN_ROOT,
  RESOLVE_NO_MAGICLINKS,
  S_IFDIR,
  S_IFMT,
} from "../kernel/constants.ts";
import { errnoError, isErrno } from "../kernel/system.ts";
import type { Fd, FileStat, Kernel } from "../ports.ts";
import { exactly } from "./entry-writer.ts";
import { refuseKernelFilesystem } from "./kernel-filesystems.ts";

const inRoot = RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS;
const folderFlags = O_PATH | O_DIRECTORY;
/** Folders that are kept open; archives list a folder's files one after another. */
const keptOpen = 32;
const EBUSY = 16;
const mostLevels = 1000;

/** Where an archive is unpacked. */
export interface Target {
  readonly kernel: Kernel;
  /** The root that links are resolved in. */
  readonly root: Fd;
  /** Path of the target folder inside `root`, absolute, without links. */
  readonly path: string;
  /** The owner that folders get which no entry tells of; as on disk. null: whoever makes them. */
  readonly impliedOwner: { readonly uid: number; readonly gid: number } | null;
}

/** The folders below the target, opened one name at a time from the target on. A link on the way is resolved inside the root. */
export class TargetFolders {
  readonly #target: Target;
  readonly #base: Fd;
  readonly #open = new Map<string, Fd>();

  constructor(target: Target) {
    this.#target = target;
    this.#base = target.kernel.openat2(target.root, target.path, { flags: folderFlags, resolve: inRoot });
    try {
      refuseKernelFilesystem(target.kernel, this.#base, target.path);
    } catch (error) {
      target.kernel.close(this.#base);
      throw error;
    }
  }

  /** An O_PATH descriptor of the target folder itself. */
  get base(): Fd {
    return this.#base;
  }

  /** A folder by its path below the target; what is missing is made. Valid until the next call. */
  open(path: string): Fd {
    if (path === "") return this.#base;
    const kept = this.#open.get(path);
    if (kept !== undefined) return kept;
    const fd = this.#walk(path);
    if (this.#open.size >= keptOpen) this.forget();
    this.#open.set(path, fd);
    return fd;
  }

  /** lstat of a name; null when nothing is there. */
  stat(parent: Fd, name: string): FileStat | null {
    try {
      return this.#target.kernel.statx(parent, name, AT_SYMLINK_NOFOLLOW);
    } catch (error) {
      if (isErrno(error, "ENOENT")) return null;
      throw error;
    }
  }

  /** Whether something is mounted at a name: seen from this process's namespace, the kernel would let it be removed. */
  isMount(parent: Fd, found: FileStat): boolean {
    return found.mountId !== this.#target.kernel.statx(parent, "", AT_EMPTY_PATH).mountId;
  }

  /** Removes a file or a whole folder; EBUSY when a mount lies in it. Kept descriptors are closed, `parent` excepted. */
  remove(parent: Fd, name: string, found: FileStat): void {
    const { kernel } = this.#target;
    if (this.isMount(parent, found)) throw errnoError("unlinkat", name, EBUSY);
    if ((found.mode & S_IFMT) !== S_IFDIR) {
      kernel.unlinkat(parent, name, 0);
    } else {
      this.#empty(parent, name);
      kernel.unlinkat(parent, name, AT_REMOVEDIR);
    }
    for (const [path, fd] of this.#open) {
      if (fd === parent) continue;
      kernel.close(fd);
      this.#open.delete(path);
    }
  }

  forget(): void {
    for (const fd of this.#open.values()) this.#target.kernel.close(fd);
    this.#open.clear();
  }

  close(): void {
    this.forget();
    this.#target.kernel.close(this.#base);
  }

  #walk(path: string): Fd {
    const { kernel } = this.#target;
    try {
      return this.#checked(kernel.openat2(this.#base, path, { flags: folderFlags, resolve: exactly }), path);
    } catch (error) {
      if (!isErrno(error, "ENOENT", "ELOOP", "ENOTDIR")) throw error;
    }
    let at = kernel.openat2(this.#base, ".", { flags: folderFlags, resolve: exactly });
    let done = "";
    try {
      for (const part of path.split("/")) {
        done = done === "" ? part : `${done}/${part}`;
        const next = this.#enter(at, part, done);
        kernel.close(at);
        at = next;
      }
      return this.#checked(at, path);
    } catch (error) {
      kernel.close(at);
      throw error;
    }
  }

  #enter(at: Fd, part: string, path: string): Fd {
    const { kernel, root, impliedOwner } = this.#target;
    for (let attempt = 0; ; attempt++) {
      try {
        return kernel.openat2(at, part, { flags: folderFlags, resolve: exactly });
      } catch (error) {
        if (isErrno(error, "ELOOP")) return kernel.openat2(root, `${this.#target.path}/${path}`, { flags: folderFlags, resolve: inRoot });
        if (!isErrno(error, "ENOENT") || attempt > 0) throw error;
      }
      try {
        kernel.mkdirat(at, part, 0o755);
      } catch (error) {
        if (!isErrno(error, "EEXIST")) throw error;
        continue;
      }
      if (impliedOwner !== null) kernel.fchownat(at, part, impliedOwner.uid, impliedOwner.gid, AT_SYMLINK_NOFOLLOW);
    }
  }

  #checked(fd: Fd, path: string): Fd {
    try {
      refuseKernelFilesystem(this.#target.kernel, fd, `${this.#target.path}/${path}`);
      return fd;
    } catch (error) {
      this.#target.kernel.close(fd);
      throw error;
    }
  }

  #empty(parent: Fd, name: string): void {
    const { kernel } = this.#target;
    const stack: { readonly fd: Fd; readonly names: string[]; readonly name: string }[] = [];
    const enter = (at: Fd, child: string): void => {
      if (stack.length >= mostLevels) throw errnoError("unlinkat", child, 40);
      const fd = kernel.openat2(at, child, { flags: folderFlags | O_NOFOLLOW, resolve: exactly });
      stack.push({ fd, names: kernel.readdir(fd), name: child });
    };
    try {
      enter(parent, name);
      for (let top = stack.at(-1); top !== undefined; top = stack.at(-1)) {
        const child = top.names.pop();
        if (child === undefined) {
          kernel.close(top.fd);
          stack.pop();
          const above = stack.at(-1);
          if (above !== undefined) kernel.unlinkat(above.fd, top.name, AT_REMOVEDIR);
          continue;
        }
        const found = this.stat(top.fd, child);
        if (found === null) continue;
        if (this.isMount(top.fd, found)) throw errnoError("unlinkat", child, EBUSY);
        if ((found.mode & S_IFMT) === S_IFDIR) enter(top.fd, child);
        else kernel.unlinkat(top.fd, child, 0);
      }
    } finally {
      for (const { fd } of stack) kernel.close(fd);
    }
  }
}
