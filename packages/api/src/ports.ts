import type { Clock, Logger } from "@berth/base";
import type { Engine } from "@berth/engine";
import type { ImageStore, ImageUser } from "@berth/images";
import type { Networks } from "@berth/network";

/** What the door needs of the house. */
export interface ApiOptions {
  readonly engine: Engine;
  readonly images: ImageStore;
  readonly networks: Networks;
  /** Which containers use an image. */
  readonly imageUsers: (imageId: string) => readonly ImageUser[];
  readonly log: Logger;
  readonly clock: Clock;
  /** Berth's own version, for the `Server` header. */
  readonly serverVersion: string;
  readonly experimental: boolean;
}
