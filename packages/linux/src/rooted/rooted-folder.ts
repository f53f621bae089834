import type { Fd, FileStat } from "../ports.ts";

/** Owner and mode of something that is made; ids as they are on disk. */
export interface Ownership {
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
}

/**
 * A folder as somebody inside sees it who takes it for `/`: a container's root, a volume, a layer. Paths may be absolute
 * or relative and may hold `..` and links; none of them leads out, also while somebody else changes the tree
 * (openat2(2) with RESOLVE_IN_ROOT and RESOLVE_NO_MAGICLINKS). Failures are KernelErrors that name the whole path.
 */
export interface RootedFolder extends Disposable {
  /** Its path outside. */
  readonly path: string;
  /** An O_PATH descriptor of it; closed with it. */
  readonly fd: Fd;
  /** Opens a path by O_* flags; the last part is followed unless O_NOFOLLOW is given. The caller closes. */
  open(path: string, flags: number, mode?: number): Fd;
  /**
   * Opens the folder that holds `path`, with the last part's name, which is not looked at: the pair for mkdirat, unlinkat and
   * the like. The caller closes. `invalid` when there is no such name (`/`, `..`).
   */
  openParent(path: string): { readonly fd: Fd; readonly name: string };
  /**
   * Opens a regular file for reading, following links inside. Never waits on a FIFO and never touches a device: `invalid`
   * for whatever is no regular file. The caller closes.
   */
  openFile(path: string): Fd;
  /** The bytes of a regular file; `exhausted` when it has more than `maxBytes`. */
  readFile(path: string, maxBytes: number): Uint8Array;
  /**
   * Writes a file under a temporary name beside it and renames it: whoever looks sees the old or the new one. A link at
   * `path` is replaced, not followed. Not synced to disk.
   */
  writeFile(path: string, bytes: Uint8Array, owner: Ownership): void;
  /** Makes a new file, in place of one that is no folder, and opens it for writing. The caller closes. */
  createFile(path: string, owner: Ownership): Fd;
  /**
   * `mkdir -p`: makes what is missing with `owner`, leaves what is there as it is. Links on the way are followed, also
   * dangling ones. ENOTDIR when something else is in the way.
   */
  makeFolders(path: string, owner: Ownership): void;
  /** makeFolders of what holds `path`. */
  makeParents(path: string, owner: Ownership): void;
  /** Of a link itself; null when nothing is there. */
  lstat(path: string): FileStat | null;
  /** Of what a link leads to inside; null when nothing is there. */
  stat(path: string): FileStat | null;
  exists(path: string): boolean;
  /** Whether it is a folder or a link that leads to one. */
  isFolder(path: string): boolean;
  /** Names in a folder, sorted. */
  list(path: string): readonly string[];
  /** Where a path leads, as an absolute path inside without links and `..`; it must exist. */
  resolve(path: string): string;
  close(): void;
}
