import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { fail, KeyedMutex, kindOf, messageOf, type Steps } from "@berth/base";
import type { Blocking } from "@berth/linux";
import type { StagedFile } from "../archive/staging-file.ts";
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
  async acquire(diffId: string, file: Pick<StagedFile, "path" | "digest">, signal?: AbortSignal): Promise<AcquiredLayer> {
    this.#options.pins.pin(diffId);
    try {
      return await this.#locks.run(diffId, async () => {
        if (this.#isKnown(diffId)) {
          await this.#verify(diffId, file, signal);
          return this.#use(diffId);
        }
        const { path, result } = await this.#unpack(file.path, `layer ${diffId}`, signal);
        if (result.diffId !== diffId) {
          await this.#options.blocking.removeTree(path);
          throw wrongDigest(diffId, result.diffId);
        }
        return this.#stage(path, result);
      });
    } catch (error) {
      this.#options.pins.unpin(diffId);
      throw error;
    }
  }

  /** A layer of which nothing is known yet, for `import` and `commit`. `devices`: it may hold device nodes. */
  async adopt(blob: string, options: { readonly signal: AbortSignal | undefined; readonly devices: boolean }): Promise<AcquiredLayer> {
    const { path, result } = await this.#unpack(blob, "Error processing tar file", options.signal, options.devices);
    this.#options.pins.pin(result.diffId);
    return this.#locks.run(result.diffId, async () => {
      if (!this.#isKnown(result.diffId)) return this.#stage(path, result);
      await this.#options.blocking.removeTree(path);
      return this.#use(result.diffId);
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

  #isKnown(diffId: string): boolean {
    return this.#staged.has(diffId) || this.#options.rows.layerDirectory(diffId) !== null;
  }

  #use(diffId: string): AcquiredLayer {
    const staged = this.#staged.get(diffId) ?? null;
    if (staged !== null) staged.users++;
    return { diffId, staged };
  }

  /** A layer that is there needs no unpacking, but its blob becomes part of the image and must be the right one. */
  async #verify(diffId: string, file: Pick<StagedFile, "path" | "digest">, signal: AbortSignal | undefined): Promise<void> {
    const { rows, pool, limits } = this.#options;
    if (file.digest === diffId || rows.isBlobOf(diffId, file.digest)) return;
    const found = await pool.unpack({ blob: file.path, target: null, limits, signal }).catch((error: unknown) => {
      throw fail(kindOf(error), `layer ${diffId}: ${messageOf(error)}`, error);
    });
    if (found.diffId !== diffId) throw wrongDigest(diffId, found.diffId);
  }

  #stage(path: string, result: UnpackResult): AcquiredLayer {
    const staged: StagedLayer = { ...result, path, placed: null, users: 1 };
    this.#staged.set(result.diffId, staged);
    return { diffId: result.diffId, staged };
  }

  async #unpack(
    blob: string,
    what: string,
    signal: AbortSignal | undefined,
    devices = false,
  ): Promise<{ path: string; result: UnpackResult }> {
    const { paths, pool, blocking, steps, limits } = this.#options;
    const path = join(paths.staging, `layer-${(++this.#count).toString(36)}`);
    try {
      const result = await steps.run("load.unpack", async () => {
        await mkdir(path, { mode: 0o755 });
        return pool.unpack({ blob, target: path, limits: { ...limits, devices }, signal });
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

function wrongDigest(diffId: string, found: string): Error {
  return fail("invalid", `layer ${diffId}: its tar has the digest ${found}`);
}
