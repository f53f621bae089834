import { posix } from "node:path";
import {
  AT_EMPTY_PATH,
  AT_SYMLINK_NOFOLLOW,
  O_DIRECTORY,
  O_PATH,
  RESOLVE_IN_ROOT,
  RESOLVE_NO_MAGICLINKS,
  S_IFDIR,
  S_IFLNK,
  S_IFMT,
} from "../kernel/constants.ts";
import { errnoError, isErrno } from "../kernel/system.ts";
import type { Fd, FileStat, Kernel } from "../ports.ts";
import { inKernelFilesystem } from "./kernel-filesystems.ts";

const inRoot = RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS;
const ENOENT = 2;
const ENOTDIR = 20;
/** As the kernel counts (path_resolution(7)). */
const mostLinks = 40;

/** A path inside a root, taken apart as `cp` does: a last part `.` or a slash at the end means what is behind a link. */
export interface NamedPath {
  /** Absolute and clean, with a slash or `/.` at the end when the path had one. */
  readonly path: string;
  /** The last part: `.` for one that ends so, `/` for the root. */
  readonly base: string;
  /** Whether it must be a folder. */
  readonly folder: boolean;
}

/** Takes a path apart; relative ones begin at the root. */
export function namedPath(given: string): NamedPath {
  const clean = posix.resolve("/", given);
  const last = given.split("/").at(-1);
  if (last === ".") return { path: clean === "/" ? "/." : `${clean}/.`, base: ".", folder: true };
  if (clean === "/") return { path: "/", base: "/", folder: true };
  return { path: last === "" ? `${clean}/` : clean, base: posix.basename(clean), folder: last === "" };
}

/** What was found at a path: the folder that holds it, opened, and its name there. */
export interface Located {
  readonly parent: Fd;
  /** `.` when `parent` is the file itself. */
  readonly name: string;
  readonly stat: FileStat;
}

/**
 * Finds a path inside a root; the last part is not followed unless it must be a folder. The caller closes `parent`.
 * @throws KernelError ENOENT, also for what shows the kernel itself; ENOTDIR
 */
export function locate(kernel: Kernel, root: Fd, named: NamedPath): Located {
  const whole = named.folder;
  const folder = whole ? named.path : posix.dirname(named.path);
  const parent = kernel.openat2(root, folder, { flags: O_PATH | O_DIRECTORY, resolve: inRoot });
  try {
    if (inKernelFilesystem(kernel, parent)) throw errnoError("openat2", named.path, ENOENT);
    const stat = whole ? kernel.statx(parent, "", AT_EMPTY_PATH) : kernel.statx(parent, named.base, AT_SYMLINK_NOFOLLOW);
    if (whole && (stat.mode & S_IFMT) !== S_IFDIR) throw errnoError("lstat", named.path, ENOTDIR);
    return { parent, name: whole ? "." : named.base, stat };
  } catch (error) {
    kernel.close(parent);
    throw error;
  }
}

/** Where the link at a path leads inside the root, as an absolute path without links; it need not exist. */
export function linkTarget(kernel: Kernel, root: Fd, path: string): string {
  let resolved = "/";
  let links = 0;
  const rest = path.split("/").reverse();
  for (let part = rest.pop(); part !== undefined; part = rest.pop()) {
    if (part === "" || part === ".") continue;
    const next = posix.join(resolved, part);
    const target = part === ".." || links >= mostLinks ? null : linkAt(kernel, root, { folder: resolved, name: part });
    if (target === null) {
      resolved = next;
      continue;
    }
    links++;
    if (target.startsWith("/")) resolved = "/";
    rest.push(...target.split("/").reverse());
  }
  return resolved;
}

function linkAt(kernel: Kernel, root: Fd, at: { readonly folder: string; readonly name: string }): string | null {
  try {
    const parent = kernel.openat2(root, at.folder, { flags: O_PATH | O_DIRECTORY, resolve: inRoot });
    try {
      const { mode } = kernel.statx(parent, at.name, AT_SYMLINK_NOFOLLOW);
      return (mode & S_IFMT) === S_IFLNK ? kernel.readlinkat(parent, at.name) : null;
    } finally {
      kernel.close(parent);
    }
  } catch (error) {
    if (isErrno(error, "ENOENT", "ENOTDIR", "ELOOP", "EINVAL")) return null;
    throw error;
  }
}
