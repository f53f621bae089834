import type { Readable } from "node:stream";
import type {
  ContainerConfig,
  Filters,
  ImageConfig,
  ImageDeleteItem,
  ImageHistoryItem,
  ImageInspect,
  ImageSummary,
  ProgressMessage,
} from "@berth/spec";

/** One image of the store. */
export interface ImageRecord {
  /** `sha256:<digest of the config blob>`. */
  readonly id: string;
  readonly manifestDigest: string;
  readonly config: ImageConfig;
}

/** A container that keeps an image from being removed. */
export interface ImageUser {
  readonly containerId: string;
  readonly running: boolean;
}

/** What an image is made of that comes from a container. */
export interface CommitOptions {
  readonly parentId: string;
  /** The container's changes as a layer's tar; without entries the image gets no further layer. */
  readonly archive: AsyncIterable<Uint8Array>;
  readonly config: Partial<ContainerConfig>;
  readonly container: { readonly id: string; readonly config: ContainerConfig };
  readonly author: string;
  readonly comment: string;
  /** Empty for an image without a name. */
  readonly repository: string;
  readonly tag: string;
  readonly signal: AbortSignal;
}

export interface CommittedImage {
  readonly id: string;
  /** As Docker shows it; empty when it has none. */
  readonly name: string;
}

/** Told when the set of images changes; the engine makes events of it. `id` is the image id, `name` a reference. */
export interface ImageEvents {
  emit(action: "load" | "save" | "import" | "tag" | "untag" | "delete", id: string, name: string): void;
}

/** Images: an OCI content store and unpacked layers. Every method throws BerthError with Docker's words. */
export interface ImageStore {
  /**
   * By name (`busybox`, `docker.io/library/busybox:latest`, `name@sha256:…`), id or unique id prefix.
   * Throws not-found `No such image: nope:latest`.
   */
  resolve(reference: string): ImageRecord;
  inspect(reference: string): ImageInspect;
  list(
    options: { readonly all: boolean; readonly filters: Filters; readonly sharedSize: boolean },
    users: (imageId: string) => readonly ImageUser[],
  ): Promise<ImageSummary[]>;
  history(reference: string): ImageHistoryItem[];
  tag(reference: string, repository: string, tag: string): void;
  /** Untags, and deletes what nothing names any more. `users` tells which containers use an image. */
  remove(
    reference: string,
    options: { readonly force: boolean; readonly noPrune: boolean },
    users: (imageId: string) => readonly ImageUser[],
  ): Promise<ImageDeleteItem[]>;
  /**
   * Reads a docker-archive or OCI layout tar (plain, or packed by gzip, zstd, bzip2 or xz) and yields Docker's progress
   * messages. Nothing appears unless every digest matches.
   */
  load(archive: Readable, options: { readonly quiet: boolean; readonly signal?: AbortSignal }): AsyncIterable<ProgressMessage>;
  /** An archive that is both a docker-archive and an OCI layout, with the same bytes as came in. */
  save(references: readonly string[]): Promise<Readable>;
  /** Makes an image of a root file system tar. `changes` are Dockerfile instructions (CMD, ENV, …). Yields progress; the last status is the image id. */
  import(
    archive: Readable,
    options: {
      readonly repository: string;
      readonly tag: string;
      readonly message: string;
      readonly changes: readonly string[];
      readonly platform: string;
      readonly signal?: AbortSignal;
    },
  ): AsyncIterable<ProgressMessage>;
  /**
   * Makes an image of a container: its own layer, a tar with whiteouts, on top of those of its image. Nothing appears unless
   * all of it is on disk.
   */
  commit(options: CommitOptions): Promise<CommittedImage>;
  /** Directories of the unpacked layers, top first, for overlay's lowerdir. Short paths. */
  layerDirectories(id: string): readonly string[];
  /** Bytes of all layers together. */
  sizeBytes(id: string): number;
  /** Keeps an image's layers from being removed while a container is being made or exists. */
  hold(id: string, holder: string): void;
  release(id: string, holder: string): void;
  /** Ends the holds of all holders but these: a crash can come between a holder's end and its release. */
  keepHolds(holders: ReadonlySet<string>): void;
  /** Removes what a crash left half done; called once before anything else. */
  recover(): Promise<void>;
  close(): Promise<void>;
}
