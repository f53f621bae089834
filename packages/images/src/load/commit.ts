import { link, rename, rm } from "node:fs/promises";
import { join } from "node:path";
import { fail } from "@berth/base";
import { familiarString, type NamedReference, referenceString } from "@berth/spec";
import type { PlannedImage } from "../archive/plan.ts";
import { type StagedFile, StagingFile } from "../archive/staging-file.ts";
import type { ImagesContext } from "../context.ts";
import type { AcquiredLayer } from "../layer/unpacker.ts";
import { blobPath, layerPath } from "../layout/paths.ts";

/** A name that another image had before. */
export interface ReplacedName {
  readonly name: NamedReference;
  readonly previousId: string;
}

/**
 * Makes planned images part of the store: data to disk, files into place, then all rows in one transaction. Until that
 * last step nothing of them can be seen, and what a crash leaves behind is found by `recover` because no row names it.
 * @returns names that stood for other images before
 */
export async function commitImages(
  context: ImagesContext,
  images: readonly PlannedImage[],
  options: { readonly layers: ReadonlyMap<string, AcquiredLayer>; readonly staging: string },
): Promise<ReplacedName[]> {
  const blobs = await collectBlobs(images, options.staging);
  await context.steps.run("load.sync", () => context.blocking.syncfs(context.paths.root));
  return context.commitLock.run(async () => {
    const placed: string[] = [];
    try {
      await context.steps.run("load.place-blobs", async () => {
        for (const [digest, path] of blobs) {
          if (context.rows.hasBlob(digest)) continue;
          const target = blobPath(context.paths, digest);
          await rename(path, target);
          placed.push(digest);
        }
      });
      await context.steps.run("load.place-layers", () => placeLayers(context, options.layers));
      return await context.steps.run("load.commit", () => writeRows(context, images, options.layers));
    } finally {
      // What no row names: all after a failure, and other packings of layers that an image has already.
      for (const digest of placed) {
        if (!context.rows.hasBlob(digest)) await rm(blobPath(context.paths, digest), { force: true });
      }
    }
  });
}

/** Digest → staged file of every blob; each can be renamed once, so files that stand for two names are linked. */
async function collectBlobs(images: readonly PlannedImage[], staging: string): Promise<Map<string, string>> {
  const blobs = new Map<string, string>();
  const taken = new Set<string>();
  const add = async ({ digest, path }: Pick<StagedFile, "digest" | "path">): Promise<void> => {
    if (blobs.has(digest)) return;
    let own = path;
    if (taken.has(path)) {
      own = join(staging, `again-${blobs.size}`);
      await link(path, own);
    }
    taken.add(own);
    blobs.set(digest, own);
  };
  for (const [at, { configFile, layers, manifest }] of images.entries()) {
    await add(configFile);
    for (const { file } of layers) await add(file);
    if (blobs.has(manifest.digest)) continue;
    const file = await StagingFile.create(join(staging, `manifest-${at}`));
    await file.write(manifest.bytes);
    await add(await file.finish());
  }
  return blobs;
}

async function placeLayers(context: ImagesContext, layers: ReadonlyMap<string, AcquiredLayer>): Promise<void> {
  for (const { diffId, staged } of layers.values()) {
    if (staged === null || staged.placed !== null || context.rows.layerDirectory(diffId) !== null) continue;
    const directory = context.rows.nextLayerDirectory();
    const path = layerPath(context.paths, directory);
    await rename(staged.path, path);
    staged.path = path;
    staged.placed = directory;
  }
}

function writeRows(context: ImagesContext, images: readonly PlannedImage[], layers: ReadonlyMap<string, AcquiredLayer>): ReplacedName[] {
  return context.rows.transaction(() => {
    for (const { diffId, staged } of layers.values()) {
      if (context.rows.layerDirectory(diffId) !== null) continue;
      if (staged === null || staged.placed === null) throw fail("internal", `layer ${diffId} was removed while it was in use`);
      context.rows.addLayer({ diffId, directory: staged.placed, sizeBytes: staged.sizeBytes });
    }
    const replaced: ReplacedName[] = [];
    for (const image of images) {
      context.rows.addImage({
        id: image.id,
        config: image.configText,
        manifestDigest: image.manifest.digest,
        manifestType: image.manifest.mediaType,
        manifestBytes: image.manifest.bytes.length,
        parentId: image.parentId ?? "",
        layers: image.layers.map(({ diffId, file }) => ({ diffId, blob: file.digest })),
      });
      for (const name of image.names) {
        checkNameAllowed(name);
        const previousId = context.rows.nameTarget(referenceString(name));
        if (previousId !== null && previousId !== image.id) replaced.push({ name, previousId });
        context.rows.setName(referenceString(name), image.id, context.clock.nowMs());
      }
    }
    return replaced;
  });
}

/** A name that would look like an id cannot be given. @throws invalid */
export function checkNameAllowed(name: NamedReference): void {
  if (name.digest !== null) throw fail("invalid", "refusing to create a tag with a digest reference");
  if (familiarString({ ...name, tag: null }) === "sha256") {
    throw fail("invalid", "refusing to create an ambiguous tag using digest algorithm as name");
  }
}
