import { fail, messageOf } from "@berth/base";
import {
  AT_FDCWD,
  type Fd,
  type Kernel,
  KernelError,
  O_CREAT,
  O_DIRECTORY,
  O_EXCL,
  O_NOFOLLOW,
  O_PATH,
  O_WRONLY,
  RESOLVE_IN_ROOT,
  RESOLVE_NO_MAGICLINKS,
} from "@berth/linux";
import { posix } from "node:path";

const resolve = RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS;

/** Opens the root of a mounted root file system; close it after use. */
export function openRoot(kernel: Kernel, rootfs: string): Fd {
  return kernel.openat2(AT_FDCWD, rootfs, { flags: O_PATH | O_DIRECTORY, resolve: 0 });
}

/**
 * Makes a mount point inside a root file system, with the folders above it, unless something is there. Links lead
 * nowhere outside the root (openat2(2), RESOLVE_IN_ROOT).
 */
export function ensureMountpoint(kernel: Kernel, root: Fd, path: string, kind: "directory" | "file"): void {
  if (exists(kernel, root, path)) return;
  const parent = posix.dirname(path);
  if (parent !== "/") ensureMountpoint(kernel, root, parent, "directory");
  const folder = kernel.openat2(root, parent, { flags: O_PATH | O_DIRECTORY, resolve });
  try {
    const name = posix.basename(path);
    if (kind === "directory") {
      kernel.mkdirat(folder, name, 0o755);
      return;
    }
    kernel.close(kernel.openat2(folder, name, { flags: O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, mode: 0o755, resolve }));
  } catch (error) {
    if (codeOf(error) === "EEXIST") throw fail("invalid", `the mount point ${path} cannot be made: it is a link that leads nowhere`, error);
    throw error;
  } finally {
    kernel.close(folder);
  }
}

/** Whether a path leads to anything inside a root file system. */
export function exists(kernel: Kernel, root: Fd, path: string): boolean {
  try {
    kernel.close(kernel.openat2(root, path, { flags: O_PATH, resolve }));
    return true;
  } catch (error) {
    const code = codeOf(error);
    if (code === "ENOENT") return false;
    if (code === "ENOTDIR") throw fail("invalid", `${path}: not a directory: ${messageOf(error)}`, error);
    throw error;
  }
}

/** The errno's name of a failed system call, or "". */
export function codeOf(error: unknown): string {
  return error instanceof KernelError ? error.code : "";
}
