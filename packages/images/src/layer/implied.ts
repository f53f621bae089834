import { posix } from "node:path";
import { setImmediate } from "node:timers/promises";
import { fail } from "@berth/base";
import {
  AT_EMPTY_PATH,
  AT_REMOVEDIR,
  AT_SYMLINK_NOFOLLOW,
  type Fd,
  type FileStat,
  isErrno,
  type Kernel,
  O_DIRECTORY,
  O_NOFOLLOW,
  O_PATH,
  S_IFDIR,
  S_IFLNK,
  S_IFMT,
} from "@berth/linux";
import type { PlannedLayer } from "../archive/plan.ts";
import type { ImagesContext } from "../context.ts";
import { insideLayer } from "../unpack/directories.ts";
import { cleanEntryPath, quoteName } from "../unpack/entry-path.ts";
import type { AcquiredLayer } from "./unpacker.ts";

/** Symbolic links that one path may lead through; what the kernel allows. */
const mostLinks = 40;
/** An image may bring a million such directories: so long is worked on them before others have their turn. */
const turnMs = 10;

/**
 * A layer's tar may hold `tmp/x` without `tmp/`: Docker unpacks onto the layers below and finds the directory there.
 * Layers that are unpacked by themselves had to make it; here such a directory takes mode, owner and time from the
 * layers below, and where these have a symbolic link (`lib` → `usr/lib`), what lies in it moves to the link's target.
 */
export async function adoptParents(
  context: Pick<ImagesContext, "kernel" | "unpacker">,
  layers: readonly PlannedLayer[],
  options: { readonly acquired: ReadonlyMap<string, AcquiredLayer>; readonly signal: AbortSignal | undefined },
): Promise<void> {
  const { acquired, signal } = options;
  const lower: string[] = [];
  let turnEndsMs = performance.now() + turnMs;
  for (const { diffId } of layers) {
    const layer = acquired.get(diffId);
    if (layer === undefined) throw fail("internal", `layer ${diffId} was not unpacked`);
    const directory = context.unpacker.directory(layer);
    if (layer.staged !== null && layer.staged.placed === null && layer.staged.impliedDirectories.length > 0) {
      const task = new Adoption(context.kernel, directory, lower);
      try {
        for (const path of layer.staged.impliedDirectories) {
          task.adopt(path);
          if (performance.now() < turnEndsMs) continue;
          await setImmediate();
          signal?.throwIfAborted();
          turnEndsMs = performance.now() + turnMs;
        }
      } finally {
        task.close();
      }
    }
    lower.unshift(directory);
  }
}

/** The work on one layer: `lower` are the layers below, nearest first. */
class Adoption {
  readonly #kernel: Kernel;
  readonly #root: Fd;
  readonly #lower: readonly Fd[];

  constructor(kernel: Kernel, directory: string, lower: readonly string[]) {
    this.#kernel = kernel;
    const open = (path: string): Fd => kernel.openat2(-100, path, { flags: O_PATH | O_DIRECTORY, resolve: 0 });
    this.#root = open(directory);
    this.#lower = lower.map(open);
  }

  close(): void {
    for (const fd of [this.#root, ...this.#lower]) this.#kernel.close(fd);
  }

  adopt(path: string): void {
    const own = this.#stat(this.#root, path);
    if (own === null || (own.mode & S_IFMT) !== S_IFDIR) return;
    const below = this.#findBelow(path);
    if (below === null) return;
    const kind = below.stat.mode & S_IFMT;
    if (kind === S_IFDIR) this.#copyMetadata(path, below.stat);
    else if (kind === S_IFLNK) this.#moveBehindLink(path, below.layer, mostLinks);
  }

  /** What the nearest lower layer has at a path. */
  #findBelow(path: string): { readonly layer: Fd; readonly stat: FileStat } | null {
    for (const layer of this.#lower) {
      const stat = this.#stat(layer, path);
      if (stat !== null) return { layer, stat };
    }
    return null;
  }

  #copyMetadata(path: string, from: FileStat): void {
    this.#with(this.#root, path, (fd) => {
      this.#kernel.fchownat(fd, "", from.uid, from.gid, AT_EMPTY_PATH);
      this.#kernel.fchmodat(fd, "", from.mode & 0o7777);
      this.#kernel.utimensat(fd, "", from.mtimeNs, from.mtimeNs, AT_EMPTY_PATH);
    });
  }

  #moveBehindLink(path: string, layer: Fd, linksLeft: number): void {
    if (linksLeft === 0) throw fail("invalid", `${quoteName(path)} leads through too many links`);
    const { parent, name } = cleanEntryPath(path);
    const link = this.#with(layer, parent === "" ? "." : parent, (fd) => this.#kernel.readlinkat(fd, name));
    const target = cleanEntryPath(posix.join("/", link.startsWith("/") ? "" : parent, link)).path;
    if (target === "" || target === path || target.startsWith(`${path}/`)) return;
    const made = this.#makeDirectories(target);
    this.#with(this.#root, path, (from) => this.#with(this.#root, target, (to) => this.#merge(from, to)));
    this.#with(this.#root, parent === "" ? "." : parent, (fd) => this.#kernel.unlinkat(fd, name, AT_REMOVEDIR));
    for (const directory of made) {
      const below = this.#findBelow(directory);
      if (below === null) continue;
      if ((below.stat.mode & S_IFMT) === S_IFDIR) this.#copyMetadata(directory, below.stat);
      else if ((below.stat.mode & S_IFMT) === S_IFLNK) this.#moveBehindLink(directory, below.layer, linksLeft - 1);
    }
  }

  #makeDirectories(path: string): string[] {
    const made: string[] = [];
    let parent = "";
    for (const name of path.split("/")) {
      const here = parent === "" ? name : `${parent}/${name}`;
      if (this.#stat(this.#root, here) === null) {
        this.#with(this.#root, parent === "" ? "." : parent, (fd) => this.#kernel.mkdirat(fd, name, 0o755));
        made.push(here);
      }
      parent = here;
    }
    return made;
  }

  /** Moves all of a directory's entries into another; where both have a directory, theirs are merged. */
  #merge(from: Fd, to: Fd): void {
    for (const name of this.#kernel.readdir(from)) {
      const there = this.#statName(to, name);
      const here = this.#statName(from, name);
      const both = [here, there].every((stat) => stat !== null && (stat.mode & S_IFMT) === S_IFDIR);
      if (!both) {
        this.#kernel.renameat2(from, name, to, name, 0);
        continue;
      }
      this.#with(from, name, (inner) => this.#with(to, name, (other) => this.#merge(inner, other)));
      this.#kernel.unlinkat(from, name, AT_REMOVEDIR);
    }
  }

  #stat(root: Fd, path: string): FileStat | null {
    const { parent, name } = cleanEntryPath(path);
    try {
      return this.#with(root, parent === "" ? "." : parent, (fd) => this.#statName(fd, name));
    } catch (error) {
      if (isErrno(error, "ENOENT", "ENOTDIR", "ELOOP")) return null;
      throw error;
    }
  }

  #statName(fd: Fd, name: string): FileStat | null {
    try {
      return this.#kernel.statx(fd, name, AT_SYMLINK_NOFOLLOW);
    } catch (error) {
      if (isErrno(error, "ENOENT")) return null;
      throw error;
    }
  }

  #with<T>(root: Fd, path: string, use: (fd: Fd) => T): T {
    const fd = this.#kernel.openat2(root, path, { flags: O_PATH | O_DIRECTORY | O_NOFOLLOW, resolve: insideLayer });
    try {
      return use(fd);
    } finally {
      this.#kernel.close(fd);
    }
  }
}
