import {
  AT_FDCWD,
  type Fd,
  MNT_DETACH,
  MS_BIND,
  MS_PRIVATE,
  MS_RDONLY,
  MS_REC,
  MS_REMOUNT,
  O_DIRECTORY,
  O_PATH,
  RESOLVE_IN_ROOT,
  RESOLVE_NO_MAGICLINKS,
} from "@berth/linux";
import { mkdir, mkdtemp, rmdir, stat } from "node:fs/promises";
import type { ContainerRecord, MountRecord } from "../containers/record.ts";
import { ensureMountpoint } from "../containers/start/mountpoints.ts";
import type { Core } from "../core.ts";

/** Where the trees are, below the exec root; emptied when a daemon starts. */
export function treesFolder(core: Pick<Core, "execRoot">): string {
  return `${core.execRoot}/views`;
}

/** A container's root file system with its volumes and binds, mounted beside it. */
export interface MountedTree {
  readonly root: Fd;
  readonly unmount: () => Promise<void>;
}

/**
 * Mounts what a container that does not run would see, at a place of its own: the run's own mount stays as it is. What is
 * read-only for the container is read-only here. Mount points are found inside the root (openat2(2), RESOLVE_IN_ROOT).
 */
export async function mountTree(core: Core, record: ContainerRecord, rootfs: string): Promise<MountedTree> {
  const { kernel, blocking, steps } = core;
  await mkdir(treesFolder(core), { recursive: true, mode: 0o700 });
  const target = await mkdtemp(`${treesFolder(core)}/${record.id.slice(0, 12)}-`);
  const unmount = (): Promise<void> =>
    steps.run("files.untree", async () => {
      await blocking.unmount(target, MNT_DETACH);
      await rmdir(target);
    });
  let root: Fd | null = null;
  try {
    root = await steps.run("files.tree", async () => {
      await blocking.mount(rootfs, target, "none", MS_BIND, "");
      await blocking.mount("none", target, "none", MS_PRIVATE, "");
      return kernel.openat2(AT_FDCWD, target, { flags: O_PATH | O_DIRECTORY, resolve: 0 });
    });
    const mounts = record.mounts.filter((mount) => mount.type !== "tmpfs");
    // What lies inside another mount comes after it.
    for (const mount of [...mounts].sort((a, b) => a.destination.length - b.destination.length)) await bind(core, root, mount);
    if (record.hostConfig.ReadonlyRootfs) await blocking.mount("none", target, "none", MS_BIND | MS_REMOUNT | MS_RDONLY, "");
    return { root, unmount };
  } catch (error) {
    if (root !== null) kernel.close(root);
    await unmount();
    throw error;
  }
}

async function bind(core: Core, root: Fd, mount: MountRecord): Promise<void> {
  const { kernel, blocking } = core;
  const folder = (await stat(mount.source)).isDirectory();
  ensureMountpoint(kernel, root, mount.destination, folder ? "directory" : "file");
  const at = async (use: (path: string) => Promise<void>): Promise<void> => {
    const fd = kernel.openat2(root, mount.destination, { flags: O_PATH, resolve: RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS });
    try {
      await use(`/proc/self/fd/${fd}`);
    } finally {
      kernel.close(fd);
    }
  };
  await at((path) => blocking.mount(mount.source, path, "none", mount.options.includes("bind") ? MS_BIND : MS_BIND | MS_REC, ""));
  // Opened anew: this is what was mounted there.
  if (!mount.rw) await at((path) => blocking.mount("none", path, "none", MS_BIND | MS_REMOUNT | MS_RDONLY, ""));
}
