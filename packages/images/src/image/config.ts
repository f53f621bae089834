import type { ImageConfig } from "@berth/spec";
import type { ImageRow } from "./image.store.ts";

/** The config of a stored image; it was checked before it was stored. */
export function configOf(row: ImageRow): ImageConfig {
  return JSON.parse(row.config) as ImageConfig;
}
