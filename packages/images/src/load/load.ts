import type { Readable } from "node:stream";
import { fail, messageOf, shortId } from "@berth/base";
import { familiarString, type ProgressMessage, referenceString } from "@berth/spec";
import { planDockerArchive } from "../archive/docker-archive.ts";
import { hostPlatform, planOciLayout } from "../archive/oci-layout.ts";
import type { PlannedImage, PlannedLayer } from "../archive/plan.ts";
import { receiveArchive, type StagedArchive } from "../archive/receive.ts";
import type { ImagesContext } from "../context.ts";
import { adoptParents } from "../layer/implied.ts";
import type { AcquiredLayer } from "../layer/unpacker.ts";
import { commitImages } from "./commit.ts";
import { layerProgress } from "./progress.ts";
import { openStaging } from "./staging.ts";

/** `ImageStore.load`. */
export async function* loadImages(
  context: ImagesContext,
  archive: Readable,
  options: { readonly quiet: boolean; readonly signal?: AbortSignal },
): AsyncGenerator<ProgressMessage> {
  await using staging = await openStaging(context);
  const staged = await context.steps.run("load.receive", () =>
    receiveArchive(context, archive, { directory: staging.path, signal: options.signal }),
  );
  const images = await plan(context, staged);
  await using layers = new AcquiredLayers(context);
  for await (const layer of layers.acquireAll(images, options.signal)) {
    if (!options.quiet) yield* layerProgress(shortId(layer.diffId), layer.file.sizeBytes);
  }
  for (const image of images) await adoptParents(context, image.layers, { acquired: layers.byDiffId, signal: options.signal });
  const replaced = await commitImages(context, images, { layers: layers.byDiffId, staging: staging.path });
  let named = false;
  for (const { id, names } of images) {
    for (const name of names) {
      named = true;
      const previous = replaced.find((entry) => referenceString(entry.name) === referenceString(name));
      if (previous !== undefined) {
        yield {
          stream: `The image ${familiarString(name)} already exists, renaming the old one with ID ${previous.previousId} to empty string\n`,
        };
      }
      yield { stream: `Loaded image: ${familiarString(name)}\n` };
    }
    context.events.emit("load", id, id);
  }
  if (!named) for (const { id } of images) yield { stream: `Loaded image ID: ${id}\n` };
  context.log.info("images loaded", { images: images.length });
}

function plan(context: ImagesContext, staged: StagedArchive): Promise<PlannedImage[]> {
  if (staged.find("manifest.json") !== null) return planDockerArchive(staged, context.limits, hostPlatform());
  if (staged.find("index.json") !== null) return planOciLayout(staged, context.limits, hostPlatform());
  throw fail("invalid", "invalid archive: does not contain a manifest.json");
}

/** The layers of a load, each once; given back when the load is over. */
class AcquiredLayers implements AsyncDisposable {
  readonly #context: ImagesContext;
  readonly #started: Promise<AcquiredLayer>[] = [];
  readonly #stop = new AbortController();
  readonly byDiffId: Map<string, AcquiredLayer> = new Map();

  constructor(context: ImagesContext) {
    this.#context = context;
  }

  /** Unpacks what the store does not have, in parallel; yields the layers that were unpacked, in their order. The first failure stops the others. */
  async *acquireAll(images: readonly PlannedImage[], signal: AbortSignal | undefined): AsyncGenerator<PlannedLayer> {
    const stop = signal === undefined ? this.#stop.signal : AbortSignal.any([signal, this.#stop.signal]);
    const wanted = new Map<string, PlannedLayer>();
    // The same layer in two packings is two blobs, and both are looked at.
    for (const { layers } of images) for (const layer of layers) wanted.set(`${layer.diffId} ${layer.file.digest}`, layer);
    const waiting = [...wanted.values()].map((layer) => {
      const acquired = this.#context.unpacker.acquire(layer.diffId, layer.file, stop);
      acquired.catch((error: unknown) => this.#stop.abort(fail("cancelled", `stopped: ${messageOf(error)}`)));
      this.#started.push(acquired);
      return { layer, acquired };
    });
    const firstFailure = Promise.all(waiting.map(({ acquired }) => acquired));
    firstFailure.catch(() => undefined);
    for (const { layer, acquired } of waiting) {
      // Whichever fails first is the reason; the others then only tell that they were stopped.
      const got = await Promise.race([acquired, firstFailure.then(() => acquired)]);
      this.byDiffId.set(got.diffId, got);
      if (got.staged !== null) yield layer;
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stop.abort(fail("cancelled", "the load is over"));
    for (const result of await Promise.allSettled(this.#started)) {
      if (result.status === "fulfilled") await this.#context.unpacker.release(result.value);
    }
  }
}
