import type { ImageConfig, NamedReference } from "@berth/spec";
import type { StagedFile } from "./staging-file.ts";

/** A layer of a planned image: what its tar must hash to, and where its blob is. */
export interface PlannedLayer {
  readonly diffId: string;
  readonly file: StagedFile;
}

/** One image of an archive, read and checked as far as that goes without unpacking. */
export interface PlannedImage {
  readonly id: string;
  readonly config: ImageConfig;
  readonly configFile: StagedFile;
  readonly configText: string;
  readonly names: readonly NamedReference[];
  /** Lowest first. */
  readonly layers: readonly PlannedLayer[];
  /** The image that it was made from; only for those made here. */
  readonly parentId?: string;
  /** The manifest that came with it, or the one that was made for it. */
  readonly manifest: { readonly bytes: Buffer; readonly digest: string; readonly mediaType: string };
}

export const ociManifestType = "application/vnd.oci.image.manifest.v1+json";
export const ociIndexType = "application/vnd.oci.image.index.v1+json";
export const dockerManifestType = "application/vnd.docker.distribution.manifest.v2+json";
export const dockerIndexType = "application/vnd.docker.distribution.manifest.list.v2+json";
export const ociConfigType = "application/vnd.oci.image.config.v1+json";
export const ociLayerType = "application/vnd.oci.image.layer.v1.tar";
