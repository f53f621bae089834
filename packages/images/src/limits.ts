import type { UnpackLimits } from "./unpack/messages.ts";

/** Bounds of what an archive may make the store take. */
export interface StoreLimits {
  /** Files of an image archive: layers, configs and manifests of several images. */
  readonly archiveEntries: number;
  /** Largest manifest, index or config; what registries accept. */
  readonly metadataBytes: number;
  /** Images of one archive. */
  readonly images: number;
  /** Layers of one image. overlayfs takes 500. */
  readonly layers: number;
  /** Indexes inside of indexes. */
  readonly indexDepth: number;
  readonly layer: UnpackLimits;
}

/**
 * Two million files and 256 GiB in one layer are several times what the largest images have. A sixteenth of a
 * gigabyte stays free, so that a bomb cannot stop the database and the logs of running containers.
 */
export const defaultStoreLimits: StoreLimits = {
  archiveEntries: 100_000,
  metadataBytes: 4 << 20,
  images: 1_000,
  layers: 500,
  indexDepth: 4,
  layer: { entries: 2_000_000, bytes: 256 * 2 ** 30, reserveBytes: 64 << 20 },
};
