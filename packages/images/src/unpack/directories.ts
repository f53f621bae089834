import { fail } from "@berth/base";
import {
  AT_REMOVEDIR,
  AT_SYMLINK_NOFOLLOW,
  isErrno,
  type Fd,
  type FileStat,
  type Kernel,
  O_DIRECTORY,
  O_NOFOLLOW,
  O_PATH,
  RESOLVE_IN_ROOT,
  RESOLVE_NO_MAGICLINKS,
  RESOLVE_NO_SYMLINKS,
  RESOLVE_NO_XDEV,
  S_IFCHR,
  S_IFDIR,
  S_IFMT,
} from "@berth/linux";
import { quoteName } from "./entry-path.ts";

/** Never leaves the layer: not by links, not by /proc's magic ones, not by mounts. */
export const insideLayer: number = RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS | RESOLVE_NO_XDEV;
/** Open directories that are kept; tars list a directory's files one after another. */
const keptOpen = 64;

/** overlayfs's mark of a directory that hides the lower ones (kernel documentation, overlayfs). */
const opaqueXattr = "trusted.overlay.opaque";
const yes = new Uint8Array([0x79]);

/** The directories of a layer that is being unpacked, by path; every look-up happens under the layer's root. */
export class LayerDirectories {
  readonly #kernel: Kernel;
  readonly #root: Fd;
  readonly #open = new Map<string, Fd>();
  /** Paths of directories that were made without an entry of their own. */
  readonly #implied = new Set<string>();

  constructor(kernel: Kernel, root: Fd) {
    this.#kernel = kernel;
    this.#root = root;
  }

  /** A descriptor (O_PATH) of a directory, made when it is missing. It stays valid until the next call. */
  open(path: string): Fd {
    if (path === "") return this.#root;
    const kept = this.#open.get(path);
    if (kept !== undefined) return kept;
    let fd: Fd;
    try {
      fd = this.#lookUp(path);
    } catch (error) {
      if (!isErrno(error, "ENOENT", "ENOTDIR")) throw error;
      this.#makeMissing(path);
      fd = this.#lookUp(path);
    }
    if (this.#open.size >= keptOpen) this.forget();
    this.#open.set(path, fd);
    return fd;
  }

  /** An entry for a directory has come: it is no longer only implied. */
  markExplicit(path: string): void {
    this.#implied.delete(path);
  }

  /** The implied directories that are still there, above before below. */
  impliedDirectories(): readonly string[] {
    return [...this.#implied].filter((path) => {
      try {
        const how = { flags: O_PATH | O_DIRECTORY | O_NOFOLLOW, resolve: insideLayer | RESOLVE_NO_SYMLINKS };
        this.#kernel.close(this.#kernel.openat2(this.#root, path, how));
        return true;
      } catch (error) {
        if (isErrno(error, "ENOENT", "ENOTDIR", "ELOOP")) return false;
        throw error;
      }
    });
  }

  /** Closes all kept descriptors; needed whenever a directory or link is replaced. */
  forget(): void {
    for (const fd of this.#open.values()) this.#kernel.close(fd);
    this.#open.clear();
  }

  /** lstat; null when nothing is there. */
  stat(parent: Fd, name: string): FileStat | null {
    try {
      return this.#kernel.statx(parent, name, AT_SYMLINK_NOFOLLOW);
    } catch (error) {
      if (isErrno(error, "ENOENT")) return null;
      throw error;
    }
  }

  /** Removes what an earlier entry of the same layer put there, with all below it. */
  remove(parent: Fd, name: string, found: FileStat): void {
    if ((found.mode & S_IFMT) !== S_IFDIR) {
      this.#kernel.unlinkat(parent, name, 0);
      this.forgetUnlessRoot(parent);
      return;
    }
    this.#removeBelow(parent, name);
    this.#kernel.unlinkat(parent, name, AT_REMOVEDIR);
    this.forgetUnlessRoot(parent);
  }

  /** Marks a directory as hiding everything that lower layers have in it. */
  markOpaque(parent: Fd, name: string): void {
    this.#kernel.lsetxattr(`/proc/self/fd/${parent}/${name}`, opaqueXattr, yes);
  }

  /** Hides a lower layer's file: overlay's own whiteout, a character device 0/0. */
  whiteOut(parent: Fd, name: string): void {
    this.#kernel.mknodat(parent, name, S_IFCHR, 0, 0);
  }

  /** Drops the kept descriptors but the one that a caller still works with. */
  forgetUnlessRoot(inUse: Fd): void {
    for (const [path, fd] of this.#open) {
      if (fd === inUse) continue;
      this.#kernel.close(fd);
      this.#open.delete(path);
    }
  }

  #lookUp(path: string): Fd {
    return this.#kernel.openat2(this.#root, path, { flags: O_PATH | O_DIRECTORY, resolve: insideLayer });
  }

  #makeMissing(path: string): void {
    let parent = "";
    for (const name of path.split("/")) {
      const here = parent === "" ? name : `${parent}/${name}`;
      let missing = false;
      try {
        this.#kernel.close(this.#lookUp(here));
      } catch (error) {
        if (!isErrno(error, "ENOENT", "ENOTDIR")) throw error;
        missing = true;
      }
      if (missing) {
        const fd = this.open(parent);
        const found = this.stat(fd, name);
        const hidden = found !== null && isWhiteout(found);
        if (found !== null && !hidden) throw fail("invalid", `${quoteName(here)} is no directory, but entries lie below it`);
        if (found !== null) this.remove(fd, name, found);
        this.#kernel.mkdirat(fd, name, 0o755);
        // Whatever the umask is.
        this.#kernel.fchmodat(fd, name, 0o755);
        if (hidden) this.markOpaque(fd, name);
        this.#implied.add(here);
      }
      parent = here;
    }
  }

  #removeBelow(parent: Fd, name: string): void {
    // Depth is bounded by PATH_MAX / 2; the stack is ours, not the call stack's.
    const stack: { readonly fd: Fd; readonly names: string[]; readonly name: string }[] = [];
    const enter = (at: Fd, child: string): void => {
      const fd = this.#kernel.openat2(at, child, { flags: O_PATH | O_DIRECTORY | O_NOFOLLOW, resolve: insideLayer });
      stack.push({ fd, names: this.#kernel.readdir(fd), name: child });
    };
    enter(parent, name);
    for (let top = stack.at(-1); top !== undefined; top = stack.at(-1)) {
      const child = top.names.pop();
      if (child === undefined) {
        this.#kernel.close(top.fd);
        stack.pop();
        const above = stack.at(-1);
        if (above !== undefined) this.#kernel.unlinkat(above.fd, top.name, AT_REMOVEDIR);
        continue;
      }
      const found = this.stat(top.fd, child);
      if (found === null) continue;
      if ((found.mode & S_IFMT) === S_IFDIR) enter(top.fd, child);
      else this.#kernel.unlinkat(top.fd, child, 0);
    }
  }
}

/** Whether a file is overlay's whiteout. */
export function isWhiteout(stat: FileStat): boolean {
  return (stat.mode & S_IFMT) === S_IFCHR && stat.rdevMajor === 0 && stat.rdevMinor === 0;
}
