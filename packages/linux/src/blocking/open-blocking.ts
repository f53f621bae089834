import type { Blocking } from "../ports.ts";
import { createLane, type Lane } from "./lane.ts";
import type { Operations } from "./operations.ts";

/** Work on disks comes in bursts: the removal of containers, the load of an image. */
const idleMs = 10_000;

/**
 * Opens the Workers for blocking calls: one for mounts and namespaces, one for syncs, one for whole trees, one for limits. Each starts
 * with its first call; the first, which every start of a container needs, by `warm`, and stays;
 * the others end when they have nothing to do.
 */
export function openBlocking(): Blocking {
  const mounts = createLane();
  const syncs = createLane({ idleMs });
  const trees = createLane({ idleMs });
  const controls = createLane({ idleMs });
  function on<Name extends keyof Operations>(
    lane: Lane,
    name: Name,
  ): (...args: Parameters<Operations[Name]>) => Promise<ReturnType<Operations[Name]>> {
    return (...args) => lane.call(name, args);
  }
  return {
    warm: () => mounts.warm(),
    mount: on(mounts, "mount"),
    mountOverlay: on(mounts, "mountOverlay"),
    unmount: on(mounts, "unmount"),
    fsync: on(syncs, "fsync"),
    syncfs: on(syncs, "syncfs"),
    removeTree: on(trees, "removeTree"),
    diskUsage: on(trees, "diskUsage"),
    fileBytes: on(trees, "fileBytes"),
    freeHead: on(trees, "freeHead"),
    writeControl: on(controls, "writeControl"),
    createNetworkNamespace: on(mounts, "createNetworkNamespace"),
    removeNetworkNamespace: on(mounts, "removeNetworkNamespace"),
    close: async () => {
      await Promise.all([mounts.close(), syncs.close(), trees.close(), controls.close()]);
    },
  };
}
