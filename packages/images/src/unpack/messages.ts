import type { ErrorKind } from "@berth/base";

/** Bounds of what one layer may unpack to. */
export interface UnpackLimits {
  /** Most entries of the tar. */
  readonly entries: number;
  /** Most bytes of file data. */
  readonly bytes: number;
  /** Bytes that must stay free on the file system. */
  readonly reserveBytes: number;
  /** Whether it may hold device nodes; not what comes from outside. */
  readonly devices?: boolean;
}

/** What the unpacking Worker is told. */
export type UnpackRequest =
  | { readonly kind: "ping" }
  | {
      readonly kind: "unpack";
      readonly job: number;
      /** The layer's blob: a tar, plain, gzip or zstd. */
      readonly blob: string;
      /** An empty directory that becomes the layer; null only hashes the tar. */
      readonly target: string | null;
      readonly limits: UnpackLimits;
    }
  | { readonly kind: "cancel"; readonly job: number };

/** What unpacking a layer gave. */
export interface UnpackResult {
  /** sha256 of the uncompressed tar. */
  readonly diffId: string;
  /** Bytes of all files and symbolic links, hard links once: what Docker counts as size. */
  readonly sizeBytes: number;
  readonly entries: number;
  /**
   * Directories that an entry needed and the tar did not hold, from the root; their mode and owner are those of a lower
   * layer's directory if there is one.
   */
  readonly impliedDirectories: readonly string[];
}

export type UnpackReply =
  | { readonly kind: "pong" }
  | { readonly kind: "unpacked"; readonly job: number; readonly result: UnpackResult }
  | { readonly kind: "failed"; readonly job: number; readonly errorKind: ErrorKind; readonly message: string };
