import { chmod, mkdir, readdir } from "node:fs/promises";
import { join } from "node:path";
import type { ImagesContext } from "../context.ts";
import { layerPath } from "../layout/paths.ts";
import { sweep } from "./sweep.ts";

/** `ImageStore.recover`: makes the store's folders and removes everything that no row names. */
export async function recoverStore(context: ImagesContext): Promise<void> {
  const { paths, rows, blocking, log } = context;
  // Containers with their own user namespace pass through root and layers to reach their files.
  for (const path of [paths.root, paths.layers]) {
    await mkdir(path, { recursive: true });
    await chmod(path, 0o711);
  }
  await mkdir(paths.blobs, { recursive: true, mode: 0o700 });
  await mkdir(paths.staging, { recursive: true, mode: 0o700 });
  for (const name of await readdir(paths.staging)) await blocking.removeTree(join(paths.staging, name));
  rows.transaction(() => rows.dropTransientHolds());
  const known = rows.layerDirectories();
  const present = new Set(await readdir(paths.layers));
  for (const name of present) {
    if (!known.has(name)) await blocking.removeTree(layerPath(paths, name));
  }
  for (const name of known) {
    if (!present.has(name)) log.error("layer is missing on disk", { path: layerPath(paths, name) });
  }
  await sweep(context);
}
