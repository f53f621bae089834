import { join } from "node:path";
import { digestHex, isSha256, fail } from "@berth/base";

/** Where the parts of the image store lie below its root. */
export interface StorePaths {
  readonly root: string;
  /** Blobs as they came: `blobs/sha256/<hex>`. */
  readonly blobs: string;
  /** Unpacked layers: `layers/<short name>`. */
  readonly layers: string;
  /** What is being received or unpacked; emptied at start. */
  readonly staging: string;
}

export function storePaths(root: string): StorePaths {
  return { root, blobs: join(root, "blobs", "sha256"), layers: join(root, "layers"), staging: join(root, "staging") };
}

/** A blob's file. @throws internal for anything but a sha256 digest, which alone may become a path */
export function blobPath(paths: StorePaths, digest: string): string {
  if (!isSha256(digest)) throw fail("internal", `not a digest: ${JSON.stringify(digest)}`);
  return join(paths.blobs, digestHex(digest));
}

export function layerPath(paths: StorePaths, directory: string): string {
  return join(paths.layers, directory);
}
