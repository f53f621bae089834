import type { Clock, Logger, Mutex, Steps } from "@berth/base";
import type { Blocking, Kernel } from "@berth/linux";
import type { ImageRows } from "./image/image.store.ts";
import type { LayerPins } from "./layer/pins.ts";
import type { LayerUnpacker } from "./layer/unpacker.ts";
import type { StorePaths } from "./layout/paths.ts";
import type { ImageEvents } from "./ports.ts";
import type { StoreLimits } from "./limits.ts";

/** What the functions of this room work on. */
export interface ImagesContext {
  readonly paths: StorePaths;
  readonly rows: ImageRows;
  readonly kernel: Kernel;
  readonly blocking: Blocking;
  readonly events: ImageEvents;
  readonly log: Logger;
  readonly steps: Steps;
  readonly clock: Clock;
  readonly limits: StoreLimits;
  readonly unpacker: LayerUnpacker;
  readonly pins: LayerPins;
  /** Held while files are renamed into place and rows written, and while unused files are removed. */
  readonly commitLock: Mutex;
}
