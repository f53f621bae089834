import type { ImagesContext } from "../context.ts";
import { layerPath } from "../layout/paths.ts";
import type { ImageRecord } from "../ports.ts";
import { configOf } from "./config.ts";
import { fail } from "@berth/base";
import { findImage } from "./lookup.ts";

/** `ImageStore.resolve`. */
export function resolveImage(context: ImagesContext, reference: string): ImageRecord {
  const row = findImage(context, reference);
  return { id: row.id, manifestDigest: row.manifest_digest, config: configOf(row) };
}

/** `ImageStore.layerDirectories`; also for an image that was removed while it is held. */
export function layerDirectories(context: ImagesContext, id: string): readonly string[] {
  if (context.rows.heldImage(id) === null) throw fail("not-found", `No such image: ${id}`);
  return context.rows
    .layers(id)
    .map(({ directory }) => layerPath(context.paths, directory))
    .reverse();
}

/** `ImageStore.sizeBytes`. */
export function imageSizeBytes(context: Pick<ImagesContext, "rows">, id: string): number {
  let total = 0;
  for (const { size_bytes } of context.rows.layers(id)) total += size_bytes;
  return total;
}
