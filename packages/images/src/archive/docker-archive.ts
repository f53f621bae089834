import { fail } from "@berth/base";
import { type NamedReference, parseReference } from "@berth/spec";
import type { StoreLimits } from "../limits.ts";
import { quoteName } from "../unpack/entry-path.ts";
import { checkConfig } from "./config.ts";
import { makeManifest } from "./manifest.ts";
import { isRecord, isStrings, readMetadata } from "./metadata.ts";
import { type FoundManifest, listManifests, type Platform } from "./oci-layout.ts";
import type { PlannedImage, PlannedLayer } from "./plan.ts";
import type { StagedArchive } from "./receive.ts";

/** Plans the images of a `docker save` archive: manifest.json with Config, RepoTags and Layers. */
export async function planDockerArchive(archive: StagedArchive, limits: StoreLimits, platform: Platform): Promise<PlannedImage[]> {
  const { json } = await readMetadata(archive.get("manifest.json"), "manifest.json", limits.metadataBytes);
  if (json === null) throw fail("invalid", "invalid manifest, manifest cannot be null (but can be [])");
  if (!Array.isArray(json)) throw fail("invalid", "invalid archive: failed to decode manifest.json: it is no list");
  if (json.length > limits.images) throw fail("invalid", `invalid archive: more than ${limits.images} images`);
  const manifests = archive.find("index.json") === null ? [] : await listManifests(archive, limits, platform);
  const images = new Map<string, PlannedImage>();
  for (const item of json) {
    const image = await planItem(archive, item, { limits, manifests });
    const names = [...(images.get(image.id)?.names ?? []), ...image.names];
    images.set(image.id, { ...image, names });
  }
  return [...images.values()];
}

async function planItem(
  archive: StagedArchive,
  item: unknown,
  { limits, manifests }: { readonly limits: StoreLimits; readonly manifests: readonly FoundManifest[] },
): Promise<PlannedImage> {
  const { Config: configPath, Layers: layerPaths, RepoTags: tags = null } = isRecord(item) ? item : {};
  if (typeof configPath !== "string" || !(layerPaths === null || isStrings(layerPaths)) || !(tags === null || isStrings(tags))) {
    throw fail("invalid", "invalid archive: failed to decode manifest.json");
  }
  const configFile = archive.get(configPath);
  const { bytes, json } = await readMetadata(configFile, quoteName(configPath), limits.metadataBytes);
  const config = checkConfig(json, limits.layers);
  const diffIds = config.rootfs.diff_ids;
  const paths = layerPaths ?? [];
  if (paths.length !== diffIds.length) {
    throw fail("invalid", `invalid manifest, layers length mismatch: expected ${paths.length}, got ${diffIds.length}`);
  }
  const layers = paths.map((path, at) => ({ diffId: diffIds[at] ?? "", file: archive.get(path) }));
  return {
    id: configFile.digest,
    config,
    configFile,
    configText: bytes.toString("utf8"),
    names: (tags ?? []).map(toName),
    layers,
    manifest: cameWith(manifests, configFile.digest, layers) ?? (await makeManifest(configFile, layers)),
  };
}

/** The manifest of the same archive's index for exactly this config and these blobs. */
function cameWith(manifests: readonly FoundManifest[], id: string, layers: readonly PlannedLayer[]): PlannedImage["manifest"] | null {
  const found = manifests.find(
    ({ config, layers: described }) =>
      config.digest === id && described.length === layers.length && described.every(({ digest }, at) => digest === layers[at]?.file.digest),
  );
  return found === undefined ? null : { bytes: found.bytes, digest: found.descriptor.digest, mediaType: found.mediaType };
}

function toName(tag: string): NamedReference {
  const name = parseReference(tag);
  if (name.tag === null || name.digest !== null) throw fail("invalid", `invalid tag ${quoteName(tag)}`);
  return name;
}
