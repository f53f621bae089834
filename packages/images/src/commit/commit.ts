import { readFile, stat } from "node:fs/promises";
import { join } from "node:path";
import { fail, rfc3339OfMs } from "@berth/base";
import { familiarString, type ImageConfig, type NamedReference, parseReference, withDefaultTag, withTag } from "@berth/spec";
import { freeSpaceGuard } from "../archive/free-space.ts";
import { makeManifest } from "../archive/manifest.ts";
import type { PlannedLayer } from "../archive/plan.ts";
import { type StagedFile, StagingFile } from "../archive/staging-file.ts";
import type { ImagesContext } from "../context.ts";
import { configOf } from "../image/config.ts";
import type { AcquiredLayer } from "../layer/unpacker.ts";
import { blobPath } from "../layout/paths.ts";
import { checkNameAllowed, commitImages } from "../load/commit.ts";
import { openStaging } from "../load/staging.ts";
import type { CommitOptions, CommittedImage } from "../ports.ts";

/** An archive without entries: its two end blocks. */
const emptyBytes = 1024;

/** `ImageStore.commit`. The name is checked before the first byte is read; nothing can be seen of the image before it is whole. */
export async function commitImage(context: ImagesContext, options: CommitOptions): Promise<CommittedImage> {
  const name = nameOf(options);
  const parent = context.rows.heldImage(options.parentId);
  if (parent === null) throw fail("not-found", `No such image: ${options.parentId}`);
  await using staging = await openStaging(context);
  const file = await context.steps.run("load.receive", () => receive(context, options, staging.path));
  const empty = file.sizeBytes === emptyBytes;
  const layer = empty ? null : await context.unpacker.adopt(file.path, { signal: options.signal, devices: true });
  try {
    const below = await parentLayers(context, parent.id);
    const layers: PlannedLayer[] = layer === null ? below : [...below, { diffId: layer.diffId, file }];
    if (layers.length > context.limits.layers) throw fail("invalid", `an image cannot have more than ${context.limits.layers} layers`);
    const config = childConfig(configOf(parent), options, { layers, empty, createdMs: context.clock.nowMs() });
    const configFile = await StagingFile.create(join(staging.path, "config"));
    await configFile.write(Buffer.from(JSON.stringify(config)));
    const staged = await configFile.finish();
    const image = {
      id: staged.digest,
      config,
      configFile: staged,
      configText: await readFile(staged.path, "utf8"),
      names: name === null ? [] : [name],
      layers,
      parentId: parent.id,
      manifest: await makeManifest(staged, layers),
    };
    const acquired = new Map<string, AcquiredLayer>(layer === null ? [] : [[layer.diffId, layer]]);
    await commitImages(context, [image], { layers: acquired, staging: staging.path });
    if (name !== null) context.events.emit("tag", image.id, familiarString(name));
    return { id: image.id, name: name === null ? "" : familiarString(name) };
  } finally {
    if (layer !== null) await context.unpacker.release(layer);
  }
}

function nameOf(options: CommitOptions): NamedReference | null {
  if (options.repository === "") return null;
  const parsed = parseReference(options.repository);
  const name = withDefaultTag(options.tag === "" ? parsed : withTag(parsed, options.tag));
  checkNameAllowed(name);
  return name;
}

async function receive(context: ImagesContext, options: CommitOptions, directory: string): Promise<StagedFile> {
  const guard = freeSpaceGuard(context.kernel, directory, context.limits.layer.reserveBytes);
  const file = await StagingFile.create(join(directory, "layer"));
  try {
    for await (const piece of options.archive) {
      options.signal.throwIfAborted();
      guard(piece.length);
      await file.write(piece);
    }
    return await file.finish();
  } catch (error) {
    await file.abandon();
    throw error;
  }
}

/** The layers that the parent has, as they lie in the store; it is held by the container. */
async function parentLayers(context: ImagesContext, parentId: string): Promise<PlannedLayer[]> {
  const layers: PlannedLayer[] = [];
  for (const { diff_id, blob } of context.rows.layers(parentId)) {
    const path = blobPath(context.paths, blob);
    layers.push({ diffId: diff_id, file: { path, digest: blob, sizeBytes: (await stat(path)).size } });
  }
  return layers;
}

function childConfig(
  parent: ImageConfig,
  options: CommitOptions,
  made: { readonly layers: readonly PlannedLayer[]; readonly empty: boolean; readonly createdMs: number },
): ImageConfig {
  const { author, comment, container } = options;
  const created = rfc3339OfMs(made.createdMs);
  const step = {
    created,
    ...(author === "" ? {} : { author }),
    created_by: (container.config.Cmd ?? []).join(" "),
    ...(comment === "" ? {} : { comment }),
    ...(made.empty ? { empty_layer: true } : {}),
  };
  return {
    architecture: parent.architecture,
    os: parent.os,
    ...(parent.variant === undefined ? {} : { variant: parent.variant }),
    ...(author === "" ? {} : { author }),
    ...(comment === "" ? {} : { comment }),
    config: options.config,
    container: container.id,
    container_config: container.config,
    created,
    history: [...(parent.history ?? []), step],
    rootfs: { type: "layers", diff_ids: made.layers.map(({ diffId }) => diffId) },
  };
}
