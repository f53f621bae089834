import { type Clock, fail, type Logger, Mutex, type Steps } from "@berth/base";
import type { Blocking, Kernel } from "@berth/linux";
import type { Database } from "@berth/store";
import { commitImage } from "./commit/commit.ts";
import type { ImagesContext } from "./context.ts";
import { ImageRows } from "./image/image.store.ts";
import { imageHistory } from "./image/history.ts";
import { inspectImage } from "./image/inspect.ts";
import { listImages } from "./image/list.ts";
import { recoverStore } from "./image/recover.ts";
import { removeImage } from "./image/remove.ts";
import { imageSizeBytes, layerDirectories, resolveImage } from "./image/resolve.ts";
import { sweep } from "./image/sweep.ts";
import { tagImage } from "./image/tag.ts";
import { importImage } from "./import/import.ts";
import { LayerPins } from "./layer/pins.ts";
import { LayerUnpacker } from "./layer/unpacker.ts";
import { storePaths } from "./layout/paths.ts";
import { defaultStoreLimits, type StoreLimits } from "./limits.ts";
import { loadImages } from "./load/load.ts";
import type { ImageEvents, ImageStore } from "./ports.ts";
import { saveImages } from "./save/save.ts";
import { openUnpackPool } from "./unpack/pool.ts";

/** What {@link openImageStore} needs. `root` is `<data-root>/images`. */
export interface ImageStoreOptions {
  readonly root: string;
  readonly database: Database;
  readonly kernel: Kernel;
  readonly blocking: Blocking;
  readonly events: ImageEvents;
  readonly log: Logger;
  readonly steps: Steps;
  readonly clock: Clock;
  readonly limits?: StoreLimits;
}

/** Opens the image store; `recover()` must have ended before anything else is called. */
export function openImageStore(options: ImageStoreOptions): ImageStore {
  const { root, database, kernel, blocking, events, log, steps, clock, limits = defaultStoreLimits } = options;
  const paths = storePaths(root);
  const rows = new ImageRows(database);
  const pins = new LayerPins();
  const pool = openUnpackPool();
  const unpacker = new LayerUnpacker({ paths, rows, pool, pins, blocking, steps, limits: limits.layer });
  const context: ImagesContext = {
    paths,
    rows,
    kernel,
    blocking,
    events,
    log,
    steps,
    clock,
    limits,
    unpacker,
    pins,
    commitLock: new Mutex(),
  };
  let sweeping: Promise<void> = Promise.resolve();

  /** Files go when the caller's transaction, of which the rows may be part, is over. */
  function sweepLater(files: boolean): void {
    if (!files) return;
    sweeping = sweeping.then(() => sweep(context)).catch((error: unknown) => log.error("unused layers could not be removed", { error }));
  }

  return {
    resolve: (reference) => resolveImage(context, reference),
    inspect: (reference) => inspectImage(context, reference),
    list: (listOptions, users) => listImages(context, listOptions, users),
    history: (reference) => imageHistory(context, reference),
    tag: (reference, repository, tag) => tagImage(context, reference, { repository, tag }),
    remove: (reference, removeOptions, users) => removeImage(context, reference, removeOptions, users),
    load: (archive, loadOptions) => loadImages(context, archive, loadOptions),
    save: (references) => saveImages(context, references),
    import: (archive, importOptions) => importImage(context, archive, importOptions),
    commit: (commitOptions) => commitImage(context, commitOptions),
    layerDirectories: (id) => layerDirectories(context, id),
    sizeBytes: (id) => imageSizeBytes(context, id),
    hold(id, holder) {
      if (rows.image(id) === null) throw fail("not-found", `No such image: ${id}`);
      rows.hold(id, holder);
    },
    release(id, holder) {
      sweepLater(rows.transaction(() => rows.release(id, holder)));
    },
    keepHolds(holders) {
      sweepLater(rows.transaction(() => rows.keepHolds(holders)));
    },
    recover: () => recoverStore(context),
    async close() {
      await sweeping;
      pool.close();
    },
  };
}
