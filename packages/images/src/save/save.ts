import { createReadStream } from "node:fs";
import { readFile, stat } from "node:fs/promises";
import { Readable } from "node:stream";
import { digestHex, fail } from "@berth/base";
import {
  type Descriptor,
  familiarString,
  formatTarEntry,
  type NamedReference,
  parseAnyReference,
  parseReference,
  referenceName,
  referenceString,
  tarEnd,
  tarPadding,
} from "@berth/spec";
import { ociIndexType } from "../archive/plan.ts";
import type { ImagesContext } from "../context.ts";
import { type ImageRow, transientHolder } from "../image/image.store.ts";
import { idByPrefix, storedName } from "../image/lookup.ts";
import { sweep } from "../image/sweep.ts";
import { blobPath } from "../layout/paths.ts";

interface SavedImage {
  readonly row: ImageRow;
  readonly names: NamedReference[];
}

/**
 * `ImageStore.save`: an OCI image layout with docker's manifest.json, as Docker 25 and newer write it. Blobs are the
 * bytes that came in; Docker before 25 finds layers and configs by the paths in manifest.json.
 */
export async function saveImages(context: ImagesContext, references: readonly string[]): Promise<Readable> {
  const images = selectImages(context, references);
  const holder = `${transientHolder}save-${context.clock.nowNs()}`;
  for (const { row } of images) context.rows.hold(row.id, holder);
  const release = (): void => {
    let files = false;
    for (const { row } of images) files = context.rows.transaction(() => context.rows.release(row.id, holder)) || files;
    if (files) sweep(context).catch((error: unknown) => context.log.error("unused layers could not be removed", { error }));
  };
  try {
    const parts = await describe(context, images);
    for (const { row } of images) context.events.emit("save", row.id, row.id);
    const stream = Readable.from(archive(context, parts));
    stream.once("close", release);
    return stream;
  } catch (error) {
    release();
    throw error;
  }
}

/** Which images are meant: a name without tag means all its tags, an id means the image without names. */
function selectImages({ rows }: ImagesContext, references: readonly string[]): SavedImage[] {
  const images = new Map<string, SavedImage>();
  const add = (id: string | null, reference: string, name: NamedReference | null): void => {
    const row = id === null ? null : rows.image(id);
    if (row === null) throw fail("not-found", `No such image: ${reference}`);
    const image = images.get(row.id) ?? { row, names: [] };
    images.set(row.id, image);
    const known = name === null || image.names.some((other) => referenceString(other) === referenceString(name));
    if (name !== null && name.digest === null && !known) image.names.push(name);
  };
  for (const reference of references) {
    const parsed = parseAnyReference(reference);
    if (parsed.kind === "digest") {
      add(parsed.digest, reference, null);
      continue;
    }
    const { name } = parsed;
    if (name.tag !== null || name.digest !== null) {
      const target = rows.nameTarget(storedName(name));
      const id = target === null ? idByPrefix(rows, reference) : null;
      if (target === null && id === null && !reference.startsWith("sha256:")) throw fail("not-found", "reference does not exist");
      if (target === null) add(id, reference, null);
      else add(target, reference, parseReference(storedName(name)));
      continue;
    }
    const all = rows.allNames().map((entry) => ({ id: entry.image_id, name: parseReference(entry.name) }));
    const matching = all.filter((entry) => referenceName(entry.name) === referenceName(name));
    if (matching.length === 0) add(idByPrefix(rows, reference), reference, null);
    for (const entry of matching) add(entry.id, reference, entry.name);
  }
  return [...images.values()];
}

interface Parts {
  /** Digests of blobs, each once, in the order of the archive. */
  readonly blobs: readonly string[];
  /** The JSON files at the archive's root. */
  readonly files: readonly { readonly name: string; readonly text: string }[];
}

async function describe(context: ImagesContext, images: readonly SavedImage[]): Promise<Parts> {
  const blobs = new Set<string>();
  const manifests: Descriptor[] = [];
  const items: object[] = [];
  for (const { row, names } of images) {
    const { blobs: layers, sources } = await layersOf(context, row);
    for (const digest of [row.manifest_digest, row.id, ...layers]) blobs.add(digest);
    const descriptor: Descriptor = { mediaType: row.manifest_type, digest: row.manifest_digest, size: row.manifest_bytes };
    if (names.length === 0) manifests.push(descriptor);
    for (const name of names) {
      manifests.push({
        ...descriptor,
        annotations: { "io.containerd.image.name": referenceString(name), "org.opencontainers.image.ref.name": name.tag ?? "" },
      });
    }
    items.push({
      Config: archivePath(row.id),
      RepoTags: names.length === 0 ? null : names.map(familiarString),
      Layers: layers.map(archivePath),
      LayerSources: sources,
    });
  }
  const index = { schemaVersion: 2, mediaType: ociIndexType, manifests };
  return {
    blobs: [...blobs].sort(),
    files: [
      { name: "index.json", text: JSON.stringify(index) },
      { name: "manifest.json", text: JSON.stringify(items) },
      { name: "oci-layout", text: '{"imageLayoutVersion":"1.0.0"}' },
    ],
  };
}

/** The layers' blobs, lowest first, and their descriptors by diff id. */
async function layersOf(
  context: ImagesContext,
  row: ImageRow,
): Promise<{ readonly blobs: string[]; readonly sources: Readonly<Record<string, Descriptor>> }> {
  const manifest = JSON.parse(await readFile(blobPath(context.paths, row.manifest_digest), "utf8")) as { layers: Descriptor[] };
  const sources: Record<string, Descriptor> = {};
  const blobs: string[] = [];
  for (const [at, { diff_id, blob }] of context.rows.layers(row.id).entries()) {
    blobs.push(blob);
    const layer = manifest.layers[at];
    if (layer !== undefined) sources[diff_id] = { mediaType: layer.mediaType, size: layer.size, digest: layer.digest };
  }
  return { blobs, sources };
}

async function* archive(context: ImagesContext, { blobs, files }: Parts): AsyncGenerator<Uint8Array> {
  yield formatTarEntry({ name: "blobs", type: "directory" });
  yield formatTarEntry({ name: "blobs/sha256", type: "directory" });
  for (const digest of blobs) {
    const path = blobPath(context.paths, digest);
    const { size } = await stat(path);
    yield formatTarEntry({ name: archivePath(digest), type: "file", sizeBytes: size });
    yield* createReadStream(path, { highWaterMark: 1 << 20 }) as AsyncIterable<Uint8Array>;
    yield tarPadding(size);
  }
  for (const { name, text } of files) {
    const bytes = Buffer.from(text);
    yield formatTarEntry({ name, type: "file", sizeBytes: bytes.length });
    yield bytes;
    yield tarPadding(bytes.length);
  }
  yield tarEnd();
}

function archivePath(digest: string): string {
  return `blobs/sha256/${digestHex(digest)}`;
}
