import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { fail, KeyedMutex, kindOf, messageOf, type Steps } from "@berth/base";
import type { Blocking } from "@berth/linux";
import type { ImageRows } from "../image/image.store.ts";
import { layerPath, type StorePaths } from "../layout/paths.ts";
import type { UnpackLimits, UnpackResult } from "../unpack/messages.ts";
import type { UnpackPool } from "../unpack/pool.ts";
import type { LayerPins } from "./pins.ts";

/** A layer that is unpacked and not yet part of an image. */
export interface StagedLayer {
  readonly diffId: string;
  readonly sizeBytes: number;
  readonly impliedDirectories: readonly string[];
  /** Where it lies now. */
  path: string;
  /** Short name once it was moved into place. */
  placed: string | null;
  users: number;
}

/** What somebody who needs a layer gets; give it back by {@link LayerUnpacker.release}. */
export interface AcquiredLayer {
  readonly diffId: string;
  /** null when the store had it already. */
  readonly staged: StagedLayer | null;
}

/** Makes each layer's directory once, however many loads want it at the same time. */
export class LayerUnpacker {
  readonly #options: {
    readonly paths: StorePaths;
    readonly rows: ImageRows;
    readonly pool: UnpackPool;
    readonly pins: LayerPins;
    readonly blocking: Blocking;
    readonly steps: Steps;
    readonly limits: UnpackLimits;
  };
  readonly #locks = new KeyedMutex();
  readonly #staged = new Map<string, StagedLayer>();
  #count = 0;

  constructor(options: {
    readonly paths: StorePaths;
    readonly rows: ImageRows;
    readonly pool: UnpackPool;
    readonly pins: LayerPins;
    readonly blocking: Blocking;
    readonly steps: Steps;
    readonly limits: UnpackLimits;
  }) {
    this.#options = options;
  }

  /**
   * A layer whose diff id is known. Somebody else who unpacks the same one is waited for; when that fails, this blob is
   * tried.
   * @throws invalid when the tar is hostile or its digest is another one
   */
  async acquire(diffId: string, blob: string, signal?: AbortSignal): Promise<AcquiredLayer> {
    this.#options.pins.pin(diffId);
    try {
      return await this.#locks.run(diffId, async () => {
        const known = this.#known(diffId);
        if (known !== null) return known;
        const { path, result } = await this.#unpack(blob, `layer ${diffId}`, signal);
        if (result.diffId !== diffId) {
          await this.#options.blocking.removeTree(path);
          throw fail("invalid", `layer ${diffId}: its tar has the digest ${result.diffId}`);
        }
        return this.#stage(path, result);
      });
    } catch (error) {
      this.#options.pins.unpin(diffId);
      throw error;
    }
  }

  /** A layer of which nothing is known yet, for `import`. */
  async adopt(blob: string, signal?: AbortSignal): Promise<AcquiredLayer> {
    const { path, result } = await this.#unpack(blob, "Error processing tar file", signal);
    this.#options.pins.pin(result.diffId);
    return this.#locks.run(result.diffId, async () => {
      const known = this.#known(result.diffId);
      if (known === null) return this.#stage(path, result);
      await this.#options.blocking.removeTree(path);
      return known;
    });
  }

  /** Gives a layer back; what became part of no image is removed. */
  async release({ diffId, staged }: AcquiredLayer): Promise<void> {
    await this.#locks.run(diffId, async () => {
      this.#options.pins.unpin(diffId);
      if (staged === null || --staged.users > 0) return;
      this.#staged.delete(diffId);
      const inUse = staged.placed !== null && this.#options.rows.layerDirectory(diffId) === staged.placed;
      if (!inUse) await this.#options.blocking.removeTree(staged.path);
    });
  }

  #known(diffId: string): AcquiredLayer | null {
    const staged = this.#staged.get(diffId);
    if (staged !== undefined) {
      staged.users++;
      return { diffId, staged };
    }
    return this.#options.rows.layerDirectory(diffId) === null ? null : { diffId, staged: null };
  }

  #stage(path: string, result: UnpackResult): AcquiredLayer {
    const staged: StagedLayer = { ...result, path, placed: null, users: 1 };
    this.#staged.set(result.diffId, staged);
    return { diffId: result.diffId, staged };
  }

  async #unpack(blob: string, what: string, signal: AbortSignal | undefined): Promise<{ path: string; result: UnpackResult }> {
    const { paths, pool, blocking, steps, limits } = this.#options;
    const path = join(paths.staging, `layer-${(++this.#count).toString(36)}`);
    try {
      const result = await steps.run("load.unpack", async () => {
        await mkdir(path, { mode: 0o755 });
        return pool.unpack({ blob, target: path, limits, signal });
      });
      return { path, result };
    } catch (error) {
      await blocking.removeTree(path);
      throw fail(kindOf(error), `${what}: ${messageOf(error)}`, error);
    }
  }

  /** Where a layer can be read, placed or only staged. */
  directory(layer: AcquiredLayer): string {
    if (layer.staged !== null) return layer.staged.path;
    const directory = this.#options.rows.layerDirectory(layer.diffId);
    if (directory === null) throw fail("internal", `layer ${layer.diffId} was removed while it was in use`);
    return layerPath(this.#options.paths, directory);
  }
}
