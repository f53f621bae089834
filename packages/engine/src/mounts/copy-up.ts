import { fail, kindOf, messageOf } from "@berth/base";
import {
  AT_EMPTY_PATH,
  AT_FDCWD,
  AT_SYMLINK_NOFOLLOW,
  O_CREAT,
  O_DIRECTORY,
  O_EXCL,
  O_NOFOLLOW,
  O_RDONLY,
  O_WRONLY,
  RESOLVE_BENEATH,
  RESOLVE_IN_ROOT,
  RESOLVE_NO_MAGICLINKS,
  RESOLVE_NO_SYMLINKS,
  S_IFDIR,
  S_IFLNK,
  S_IFMT,
  S_IFREG,
  type Fd,
  type FileStat,
  type Kernel,
} from "@berth/linux";
import { existsSync, rmSync, writeFileSync } from "node:fs";
import { copyFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import type { ContainerRecord, MountRecord } from "../containers/record.ts";
import { codeOf, openRoot } from "../containers/start/mountpoints.ts";
import type { Core } from "../core.ts";

const maxDepth = 256;
const inside = RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS | RESOLVE_NO_MAGICLINKS;

/**
 * Fills empty volumes of a container with what its image has at their place, owners, modes, links and times included.
 * A volume that holds anything is left alone. Another running container may see the volume meanwhile: everything goes
 * by descriptors that follow no link.
 */
export async function copyUpVolumes(
  core: Pick<Core, "kernel" | "blocking" | "locks">,
  record: ContainerRecord,
  rootfs: string,
): Promise<void> {
  const { kernel } = core;
  const wanted = record.mounts.filter((mount) => mount.type === "volume" && mount.copyUp);
  if (wanted.length === 0) return;
  const root = openRoot(kernel, rootfs);
  try {
    for (const mount of wanted) {
      const from = openSource(kernel, root, mount.destination);
      if (from === null) continue;
      try {
        // Two containers may start with the same new volume.
        await core.locks.run(`volume ${mount.name}`, () => fillVolume(core, mount, from));
      } finally {
        kernel.close(from);
      }
    }
  } finally {
    kernel.close(root);
  }
}

/**
 * Copies all or nothing: a copy that fails is undone, and one that a crash cut is known by a file beside the volume and
 * done again.
 */
async function fillVolume({ kernel, blocking }: Pick<Core, "kernel" | "blocking">, mount: MountRecord, from: Fd): Promise<void> {
  const mark = join(dirname(mount.source), "copying");
  const to = kernel.openat2(AT_FDCWD, mount.source, { flags: O_RDONLY | O_DIRECTORY, resolve: 0 });
  const empty = async (): Promise<void> => {
    for (const name of kernel.readdir(to)) await blocking.removeTree(`${mount.source}/${name}`);
  };
  try {
    if (existsSync(mark)) await empty();
    if (kernel.readdir(to).length > 0) return;
    writeFileSync(mark, "");
    try {
      await copyFolder(kernel, from, to, 0);
    } catch (error) {
      await empty();
      const kind = (error as { code?: unknown }).code === "ENOSPC" ? "exhausted" : kindOf(error);
      throw fail(kind, `cannot fill volume ${mount.name} with the image's ${mount.destination}: ${messageOf(error)}`, error);
    } finally {
      rmSync(mark, { force: true });
    }
  } finally {
    kernel.close(to);
  }
}

// What is no directory in the image is not copied, as in Docker.
function openSource(kernel: Kernel, root: Fd, path: string): Fd | null {
  try {
    return kernel.openat2(root, path, { flags: O_RDONLY | O_DIRECTORY, resolve: RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS });
  } catch (error) {
    if (codeOf(error) === "ENOENT" || codeOf(error) === "ENOTDIR") return null;
    throw error;
  }
}

async function copyFolder(kernel: Kernel, from: Fd, to: Fd, depth: number): Promise<void> {
  if (depth > maxDepth) return;
  for (const name of kernel.readdir(from)) await copyEntry(kernel, { from, to, name, depth });
  // Last, because copying into it changes its times.
  copyMetadata(kernel, { source: `${fdPath(from)}/.`, target: `${fdPath(to)}/.`, to, stat: kernel.statx(from, "", AT_EMPTY_PATH) });
}

async function copyEntry(
  kernel: Kernel,
  entry: { readonly from: Fd; readonly to: Fd; readonly name: string; readonly depth: number },
): Promise<void> {
  const { from, to, name, depth } = entry;
  const stat = kernel.statx(from, name, AT_SYMLINK_NOFOLLOW);
  switch (stat.mode & S_IFMT) {
    case S_IFDIR: {
      kernel.mkdirat(to, name, 0o700);
      const source = kernel.openat2(from, name, { flags: O_RDONLY | O_DIRECTORY | O_NOFOLLOW, resolve: inside });
      try {
        const target = kernel.openat2(to, name, { flags: O_RDONLY | O_DIRECTORY | O_NOFOLLOW, resolve: inside });
        try {
          await copyFolder(kernel, source, target, depth + 1);
        } finally {
          kernel.close(target);
        }
      } finally {
        kernel.close(source);
      }
      return;
    }
    case S_IFREG: {
      const source = kernel.openat2(from, name, { flags: O_RDONLY | O_NOFOLLOW, resolve: inside });
      try {
        const target = kernel.openat2(to, name, { flags: O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, mode: 0o600, resolve: inside });
        try {
          await copyFile(fdPath(source), fdPath(target));
          copyMetadata(kernel, { source: `${fdPath(from)}/${name}`, target: `${fdPath(to)}/${name}`, to: target, stat });
        } finally {
          kernel.close(target);
        }
      } finally {
        kernel.close(source);
      }
      return;
    }
    case S_IFLNK:
      kernel.symlinkat(kernel.readlinkat(from, name), to, name);
      kernel.fchownat(to, name, stat.uid, stat.gid, AT_SYMLINK_NOFOLLOW);
      return;
    default:
      // Devices, sockets and pipes of an image.
      kernel.mknodat(to, name, stat.mode, stat.rdevMajor, stat.rdevMinor);
      kernel.fchownat(to, name, stat.uid, stat.gid, AT_SYMLINK_NOFOLLOW);
  }
}

interface MetadataCopy {
  /** Paths below /proc/self/fd, whose last part the xattr calls do not follow. */
  readonly source: string;
  readonly target: string;
  readonly to: Fd;
  readonly stat: FileStat;
}

function copyMetadata(kernel: Kernel, { source, target, to, stat }: MetadataCopy): void {
  kernel.fchownat(to, "", stat.uid, stat.gid, AT_EMPTY_PATH);
  for (const name of kernel.llistxattr(source)) {
    if (!name.startsWith("user.") && name !== "security.capability" && !name.startsWith("system.posix_acl")) continue;
    const value = kernel.lgetxattr(source, name);
    if (value !== null) kernel.lsetxattr(target, name, value);
  }
  // After the owner: chown(2) clears set-id bits.
  kernel.fchmodat(to, "", stat.mode & 0o7777);
  kernel.utimensat(to, "", stat.atimeNs, stat.mtimeNs, AT_EMPTY_PATH);
}

function fdPath(fd: Fd): string {
  return `/proc/self/fd/${fd}`;
}
