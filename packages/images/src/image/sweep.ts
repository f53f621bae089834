import type { ImagesContext } from "../context.ts";
import { blobPath, layerPath } from "../layout/paths.ts";
import { readdir, rm } from "node:fs/promises";

/**
 * Removes layers and blobs that no image has any more. Rows go first: what a crash leaves behind is a file without row,
 * which `recover` finds at the next start.
 */
export function sweep(context: ImagesContext): Promise<void> {
  return context.commitLock.run(async () => {
    const directories = context.rows.transaction(() => context.rows.dropUnusedLayers((diffId) => context.pins.has(diffId)));
    for (const directory of directories) await context.blocking.removeTree(layerPath(context.paths, directory));
    const known = context.rows.blobs();
    for (const name of await readdir(context.paths.blobs)) {
      if (!known.has(`sha256:${name}`)) await rm(blobPath(context.paths, `sha256:${name}`), { force: true });
    }
  });
}
