import { O_DIRECTORY, O_NOFOLLOW, O_PATH, O_RDONLY, RESOLVE_IN_ROOT, RESOLVE_NO_MAGICLINKS } from "../kernel/constants.ts";
import { errnoError, isErrno } from "../kernel/system.ts";
import type { Fd, Kernel } from "../ports.ts";
import { own } from "./own.ts";
import type { Ownership } from "./rooted-folder.ts";

const resolve = RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS;
/** As the kernel counts (path_resolution(7)). */
const mostLinks = 40;
const ELOOP = 40;

/** `mkdir -p` below `root`. */
export function makeFolders(kernel: Kernel, root: Fd, path: string, owner: Ownership): void {
  const whole = openFolder(kernel, root, path);
  if (whole !== null) {
    kernel.close(whole);
    return;
  }
  make({ kernel, root, owner, links: 0 }, path);
}

interface Making {
  readonly kernel: Kernel;
  readonly root: Fd;
  readonly owner: Ownership;
  links: number;
}

/** Part by part. The kernel resolves each prefix anew from the root, so `..` and links mean what they mean inside. */
function make(making: Making, path: string): void {
  const { kernel, root, owner } = making;
  let prefix = ".";
  for (const part of path.split("/").filter((each) => each !== "" && each !== ".")) {
    const parent = openFolder(kernel, root, prefix);
    if (parent === null) throw errnoError("mkdirat", path, 2, "a folder went away meanwhile");
    try {
      const there = openFolder(kernel, root, `${prefix}/${part}`);
      if (there !== null) kernel.close(there);
      else if (!makeOne(kernel, parent, part, owner)) followDangling(making, { parent, prefix, part });
    } finally {
      kernel.close(parent);
    }
    prefix += `/${part}`;
  }
}

/** Makes one folder; false when something, a dangling link most likely, has that name. */
function makeOne(kernel: Kernel, parent: Fd, name: string, owner: Ownership): boolean {
  try {
    kernel.mkdirat(parent, name, 0o700);
  } catch (error) {
    if (isErrno(error, "EEXIST")) return false;
    throw error;
  }
  const made = kernel.openat2(parent, name, { flags: O_RDONLY | O_DIRECTORY | O_NOFOLLOW, resolve });
  try {
    own(kernel, made, owner);
  } finally {
    kernel.close(made);
  }
  return true;
}

/** Makes what a link points to, seen from where the link is. */
function followDangling(making: Making, { parent, prefix, part }: { parent: Fd; prefix: string; part: string }): void {
  if (++making.links > mostLinks) throw errnoError("mkdirat", `${prefix}/${part}`, ELOOP);
  let target: string;
  try {
    target = making.kernel.readlinkat(parent, part);
  } catch (error) {
    // No link: somebody made it meanwhile, or a file is in the way; opening it tells which.
    if (!isErrno(error, "EINVAL", "ENOENT")) throw error;
    const there = openFolder(making.kernel, making.root, `${prefix}/${part}`);
    if (there === null) throw errnoError("mkdirat", `${prefix}/${part}`, 2);
    making.kernel.close(there);
    return;
  }
  make(making, target.startsWith("/") ? target : `${prefix}/${target}`);
}

/** null when it does not exist; ENOTDIR when it is something else. */
function openFolder(kernel: Kernel, root: Fd, path: string): Fd | null {
  try {
    return kernel.openat2(root, path === "" ? "." : path, { flags: O_PATH | O_DIRECTORY, resolve });
  } catch (error) {
    if (isErrno(error, "ENOENT")) return null;
    throw error;
  }
}
