import type { Fd } from "@berth/linux";
import { stat } from "node:fs/promises";
import type { Core } from "../../core.ts";
import type { ContainerRecord } from "../record.ts";
import { ensureMountpoint, openRoot } from "./mountpoints.ts";

/**
 * Makes in a mounted root file system what a container expects and mounts need: /.dockerenv, mount points of the
 * daemon's and the user's mounts, the working directory.
 */
export async function prepareRootfs(core: Core, record: ContainerRecord, rootfs: string): Promise<void> {
  const files = new Set<string>();
  for (const mount of record.mounts) {
    if (mount.type === "bind" && !(await isDirectory(mount.source))) files.add(mount.destination);
  }
  const root: Fd = openRoot(core.kernel, rootfs);
  try {
    for (const path of ["/dev", "/proc", "/sys", "/dev/pts", "/dev/shm"]) ensureMountpoint(core.kernel, root, path, "directory");
    for (const path of ["/etc/hosts", "/etc/hostname", "/etc/resolv.conf", "/.dockerenv"]) {
      ensureMountpoint(core.kernel, root, path, "file");
    }
    for (const mount of record.mounts) {
      // A mount below another one gets its mount point inside that one, not here.
      if (record.mounts.some((other) => other !== mount && mount.destination.startsWith(`${other.destination}/`))) continue;
      ensureMountpoint(core.kernel, root, mount.destination, files.has(mount.destination) ? "file" : "directory");
    }
    for (const destination of Object.keys(record.hostConfig.Tmpfs ?? {})) ensureMountpoint(core.kernel, root, destination, "directory");
    const { WorkingDir } = record.config;
    const covered = record.mounts.some((mount) => WorkingDir === mount.destination || WorkingDir.startsWith(`${mount.destination}/`));
    if (WorkingDir !== "" && !covered) ensureMountpoint(core.kernel, root, WorkingDir, "directory");
  } finally {
    core.kernel.close(root);
  }
}

async function isDirectory(path: string): Promise<boolean> {
  try {
    return (await stat(path)).isDirectory();
  } catch {
    return true;
  }
}
