import type { Blocking } from "../ports.ts";
import { createLane, type Lane } from "./lane.ts";
import type { Operations } from "./operations.ts";

/**
 * Opens the Workers for blocking calls: one for mounts and namespaces, one for slow work on disks. Each starts with its
 * first call, or by `warm`.
 */
export function openBlocking(): Blocking {
  const mounts = createLane();
  const disk = createLane();
  function on<Name extends keyof Operations>(
    lane: Lane,
    name: Name,
  ): (...args: Parameters<Operations[Name]>) => Promise<ReturnType<Operations[Name]>> {
    return (...args) => lane.call(name, args);
  }
  return {
    warm: async () => {
      await Promise.all([mounts.warm(), disk.warm()]);
    },
    mount: on(mounts, "mount"),
    mountOverlay: on(mounts, "mountOverlay"),
    unmount: on(mounts, "unmount"),
    fsync: on(disk, "fsync"),
    syncfs: on(disk, "syncfs"),
    removeTree: on(disk, "removeTree"),
    diskUsage: on(disk, "diskUsage"),
    createNetworkNamespace: on(mounts, "createNetworkNamespace"),
    removeNetworkNamespace: on(mounts, "removeNetworkNamespace"),
    close: async () => {
      await Promise.all([mounts.close(), disk.close()]);
    },
  };
}
