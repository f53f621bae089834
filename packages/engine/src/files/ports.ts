import type { ContainerConfig } from "@berth/spec";
import type { Readable } from "node:stream";

/** What is known of a path in a container. */
export interface PathStat {
  /** The path's last part, `.` and `/` included. */
  readonly name: string;
  readonly size: number;
  /** st_mode (inode(7)). */
  readonly mode: number;
  readonly mtimeNs: bigint;
  /** Where a link leads, absolute; empty for what is none. */
  readonly linkTarget: string;
}

/** How an image is made of a container. */
export interface CommitRequest {
  /** Name and tag of the image; an empty repository is none. */
  readonly repository: string;
  readonly tag: string;
  readonly author: string;
  readonly comment: string;
  /** Freezes a running container meanwhile. */
  readonly pause: boolean;
  /** Dockerfile instructions (CMD, ENV, …). */
  readonly changes: readonly string[];
  /** Settings that go before the container's own; null for those alone. */
  readonly config: Partial<ContainerConfig> | null;
  readonly signal: AbortSignal;
}

/**
 * The files of containers, whatever state they are in. No container is locked while something is copied; removing it ends the
 * copy. Errors carry Docker's words.
 */
export interface ContainerFiles {
  /** Throws not-found `Could not find the file …`. */
  stat(reference: string, path: string): Promise<PathStat>;
  /** The pieces have to be read, or their loop left. */
  read(
    reference: string,
    options: { readonly path: string; readonly signal: AbortSignal },
  ): Promise<{ readonly stat: PathStat; readonly archive: AsyncIterable<Uint8Array> }>;
  /** Unpacks a tar, plain or packed by gzip, bzip2, xz or zstd, into a folder. Throws forbidden for what is read-only. */
  write(
    reference: string,
    options: {
      readonly path: string;
      readonly archive: Readable;
      /** The files are the container user's. */
      readonly copyOwner: boolean;
      /** Refuses to put a file in the place of a folder and the other way round. */
      readonly keepKinds: boolean;
      readonly signal: AbortSignal;
    },
  ): Promise<void>;
  changes(reference: string): Promise<readonly { readonly Path: string; readonly Kind: 0 | 1 | 2 }[]>;
  /** The pieces have to be read, or their loop left. */
  export(reference: string, options: { readonly signal: AbortSignal }): Promise<AsyncIterable<Uint8Array>>;
  /** The new image's id. */
  commit(reference: string, request: CommitRequest): Promise<string>;
}
