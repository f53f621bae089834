import { digestHex, fail, isSha256 } from "@berth/base";
import type { Descriptor, NamedReference } from "@berth/spec";
import { parseReference, withDefaultTag } from "@berth/spec";
import type { StoreLimits } from "../limits.ts";
import { checkConfig } from "./config.ts";
import { isRecord, readMetadata } from "./metadata.ts";
import { dockerIndexType, dockerManifestType, ociIndexType, ociManifestType, type PlannedImage } from "./plan.ts";
import type { StagedArchive } from "./receive.ts";
import type { StagedFile } from "./staging-file.ts";

/** A platform in OCI's words. */
export interface Platform {
  readonly os: string;
  readonly architecture: string;
}

/** The platform whose images this machine runs. */
export function hostPlatform(): Platform {
  const names: Readonly<Record<string, string>> = { x64: "amd64", ia32: "386" };
  return { os: "linux", architecture: names[process.arch] ?? process.arch };
}

/** A manifest of a layout, with the descriptor that led to it. */
export interface FoundManifest {
  readonly descriptor: Descriptor;
  readonly bytes: Buffer;
  readonly mediaType: string;
  readonly config: Descriptor;
  readonly layers: readonly Descriptor[];
}

/** Annotations that say what an image is called: containerd's full name, and OCI's, which may be a tag alone. */
const fullNameAnnotation = "io.containerd.image.name";
const refNameAnnotation = "org.opencontainers.image.ref.name";

/** Plans the images of an OCI image layout (image-spec, image-layout.md) without docker's manifest.json. */
export async function planOciLayout(archive: StagedArchive, limits: StoreLimits, platform: Platform): Promise<PlannedImage[]> {
  const images = new Map<string, PlannedImage>();
  const search = { limits, platform, looked: new Map() };
  for (const descriptor of await topDescriptors(archive, limits)) {
    const found = await findManifest(archive, descriptor, { ...search, depth: 0 });
    if (found === null) {
      throw fail("invalid", `invalid archive: ${descriptor.digest} has no image for ${platform.os}/${platform.architecture}`);
    }
    const image = await planImage(archive, found, limits);
    const names = [...(images.get(image.id)?.names ?? []), ...namesOf(descriptor)];
    images.set(image.id, { ...image, names });
  }
  return [...images.values()];
}

/** Every manifest of the layout's index for this platform, to find the one that belongs to a config. */
export async function listManifests(archive: StagedArchive, limits: StoreLimits, platform: Platform): Promise<FoundManifest[]> {
  const found: FoundManifest[] = [];
  const search = { limits, platform, looked: new Map() };
  for (const descriptor of await topDescriptors(archive, limits)) {
    const manifest = await findManifest(archive, descriptor, { ...search, depth: 0 });
    if (manifest !== null) found.push(manifest);
  }
  return found;
}

async function topDescriptors(archive: StagedArchive, limits: StoreLimits): Promise<Descriptor[]> {
  const { json } = await readMetadata(archive.get("index.json"), "index.json", limits.metadataBytes);
  return indexDescriptors(json, "index.json", limits);
}

interface Search {
  readonly limits: StoreLimits;
  readonly platform: Platform;
  readonly depth: number;
  /** What was found below a descriptor. Indexes may name each other many times over: each is looked at once. */
  readonly looked: Map<string, FoundManifest | null>;
}

async function findManifest(archive: StagedArchive, descriptor: Descriptor, search: Search): Promise<FoundManifest | null> {
  const key = `${descriptor.digest} ${descriptor.mediaType}`;
  const known = search.looked.get(key);
  if (known !== undefined) return known;
  const found = await readManifest(archive, descriptor, search);
  search.looked.set(key, found);
  return found;
}

async function readManifest(archive: StagedArchive, descriptor: Descriptor, search: Search): Promise<FoundManifest | null> {
  const { limits, platform, depth } = search;
  if (depth > limits.indexDepth) throw fail("invalid", `invalid archive: indexes are nested more than ${limits.indexDepth} deep`);
  const { bytes, json } = await readMetadata(blobOf(archive, descriptor), descriptor.digest, limits.metadataBytes);
  const mediaType = isRecord(json) && typeof json["mediaType"] === "string" ? json["mediaType"] : descriptor.mediaType;
  if (mediaType === ociIndexType || mediaType === dockerIndexType) {
    for (const inner of indexDescriptors(json, descriptor.digest, limits)) {
      const wanted =
        inner.platform === undefined || (inner.platform.os === platform.os && inner.platform.architecture === platform.architecture);
      const found = wanted ? await findManifest(archive, inner, { ...search, depth: depth + 1 }) : null;
      if (found !== null) return found;
    }
    return null;
  }
  if (mediaType !== ociManifestType && mediaType !== dockerManifestType) {
    throw fail("invalid", `invalid archive: ${descriptor.digest} is of the unknown type ${JSON.stringify(mediaType)}`);
  }
  const config = isRecord(json) ? toDescriptor(json["config"]) : null;
  const layers = isRecord(json) && Array.isArray(json["layers"]) ? json["layers"].map(toDescriptor) : [null];
  if (config === null || layers.length > limits.layers || !layers.every((layer) => layer !== null)) {
    throw fail("invalid", `invalid archive: ${descriptor.digest} is no image manifest`);
  }
  return { descriptor, bytes, mediaType, config, layers };
}

async function planImage(archive: StagedArchive, manifest: FoundManifest, limits: StoreLimits): Promise<PlannedImage> {
  const configFile = blobOf(archive, manifest.config);
  const { bytes, json } = await readMetadata(configFile, manifest.config.digest, limits.metadataBytes);
  const config = checkConfig(json, limits.layers);
  const diffIds = config.rootfs.diff_ids;
  if (diffIds.length !== manifest.layers.length) {
    throw fail("invalid", `invalid manifest, layers length mismatch: expected ${manifest.layers.length}, got ${diffIds.length}`);
  }
  const layers = manifest.layers.map((layer, at) => ({ diffId: diffIds[at] ?? "", file: blobOf(archive, layer) }));
  return {
    id: configFile.digest,
    config,
    configFile,
    configText: bytes.toString("utf8"),
    names: [],
    layers,
    manifest: { bytes: manifest.bytes, digest: manifest.descriptor.digest, mediaType: manifest.mediaType },
  };
}

/** The blob that a descriptor means. @throws invalid when it is missing or has another size or digest */
export function blobOf(archive: StagedArchive, descriptor: Descriptor): StagedFile {
  const file = archive.get(`blobs/sha256/${digestHex(descriptor.digest)}`);
  if (file.digest !== descriptor.digest)
    throw fail("invalid", `invalid archive: the blob ${descriptor.digest} has the digest ${file.digest}`);
  if (file.sizeBytes !== descriptor.size) {
    throw fail("invalid", `invalid archive: the blob ${descriptor.digest} has ${file.sizeBytes} bytes instead of ${descriptor.size}`);
  }
  return file;
}

function indexDescriptors(json: unknown, what: string, limits: StoreLimits): Descriptor[] {
  const list = isRecord(json) && Array.isArray(json["manifests"]) ? json["manifests"].map(toDescriptor) : [null];
  if (!list.every((descriptor) => descriptor !== null)) throw fail("invalid", `invalid archive: ${what} is no image index`);
  if (list.length > limits.images) throw fail("invalid", `invalid archive: ${what} names more than ${limits.images} images`);
  return list;
}

function toDescriptor(json: unknown): Descriptor | null {
  if (!isRecord(json)) return null;
  const { mediaType = "", digest, size, platform, annotations } = json;
  if (typeof mediaType !== "string" || typeof digest !== "string" || !isSha256(digest)) return null;
  if (typeof size !== "number" || !Number.isSafeInteger(size) || size < 0) return null;
  const { os, architecture } = isRecord(platform) ? platform : {};
  const known = typeof os === "string" && typeof architecture === "string";
  const texts = Object.entries(isRecord(annotations) ? annotations : {}).filter(
    (pair): pair is [string, string] => typeof pair[1] === "string",
  );
  return { mediaType, digest, size, ...(known ? { platform: { os, architecture } } : {}), annotations: Object.fromEntries(texts) };
}

function namesOf(descriptor: Descriptor): NamedReference[] {
  const full = descriptor.annotations?.[fullNameAnnotation];
  const ref = descriptor.annotations?.[refNameAnnotation];
  // A ref name without separator is only a tag, which belongs to a name that the layout does not tell.
  const name = full ?? (ref !== undefined && /[:/]/.test(ref) ? ref : undefined);
  return name === undefined ? [] : [withDefaultTag(parseReference(name))];
}
