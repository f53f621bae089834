import { loadLibc } from "../kernel/libc.ts";
import { createSystem } from "../kernel/system.ts";
import { diskUsage, fileBytes } from "./disk-usage.ts";
import { freeHead } from "./free-head.ts";
import { mount, unmount } from "./mount.ts";
import { mountOverlay } from "./mount-overlay.ts";
import { createNetworkNamespace, removeNetworkNamespace } from "./network-namespace.ts";
import type { Operations } from "./operations.ts";
import { removeTree } from "./remove-tree.ts";
import { syncPath } from "./sync-path.ts";
import { writeControl } from "./write-control.ts";

const CLONE_FS = 0x200;

/** The operations bound to the calling thread, which gets a current folder of its own. */
export function createOperations(): Operations {
  const system = createSystem(loadLibc());
  // Overlay mounts change the current folder for a moment; the daemon's other threads must not see that.
  system.run("unshare", null, () => system.libc.unshare(CLONE_FS));
  return {
    mount: (source, target, type, flags, data) => mount(system, { source, target, type, flags, data }),
    mountOverlay: (options) => mountOverlay(system, options),
    unmount: (target, flags) => unmount(system, target, flags),
    fsync: (path) => syncPath(system, "fsync", path),
    syncfs: (path) => syncPath(system, "syncfs", path),
    removeTree: (path) => removeTree(system, path),
    diskUsage: (path) => diskUsage(system, path),
    fileBytes: (path) => fileBytes(system, path),
    freeHead: (path, options) => freeHead(system, path, options),
    writeControl: (path, text) => writeControl(system, path, text),
    createNetworkNamespace: (path) => createNetworkNamespace(system, path),
    removeNetworkNamespace: (path) => removeNetworkNamespace(system, path),
  };
}
