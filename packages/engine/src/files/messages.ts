import type { ErrorKind } from "@berth/base";
import type { Fd } from "@berth/linux";

/** A writable layer and what lies below it, by path. */
export interface LayerPaths {
  readonly upper: string;
  readonly lower: readonly string[];
  readonly idShift: number;
  readonly made: readonly string[];
}

/** Whose unpacked files are; ids as on disk. */
export type UnpackOwner =
  | { readonly kind: "archive"; readonly idShift: number }
  | { readonly kind: "fixed"; readonly uid: number; readonly gid: number };

/** What the Worker for files can do. `root` is a descriptor that stays open until the answer. */
export type Task =
  | { readonly type: "stat"; readonly root: Fd; readonly path: string }
  | { readonly type: "resolve-folder"; readonly root: Fd; readonly path: string }
  | { readonly type: "pack"; readonly root: Fd; readonly path: string; readonly idShift: number }
  | { readonly type: "pack-root"; readonly root: Fd; readonly idShift: number }
  | { readonly type: "changes"; readonly layers: LayerPaths }
  | { readonly type: "pack-changes"; readonly layers: LayerPaths }
  | {
      readonly type: "unpack";
      readonly root: Fd;
      /** Absolute, without links. */
      readonly path: string;
      readonly owner: UnpackOwner;
      readonly impliedId: number;
      readonly keepKinds: boolean;
      readonly limits: { readonly entries: number; readonly reserveBytes: number };
    };

/** What became known of a file, as the header `X-Docker-Container-Path-Stat` tells it. */
export interface FoundPath {
  readonly name: string;
  readonly size: number;
  /** st_mode (inode(7)). */
  readonly mode: number;
  readonly mtimeNs: bigint;
  /** Where a link leads, absolute; empty for what is none. */
  readonly linkTarget: string;
}

/** One line of `changes`. */
export interface PathChange {
  readonly Path: string;
  readonly Kind: 0 | 1 | 2;
}

export type FilesRequest =
  | { readonly kind: "ping" }
  | { readonly kind: "run"; readonly job: number; readonly task: Task }
  /** The next piece of the archive to unpack; null after the last. */
  | { readonly kind: "piece"; readonly job: number; readonly bytes: Uint8Array | null }
  /** One piece was taken. */
  | { readonly kind: "taken"; readonly job: number }
  | { readonly kind: "cancel"; readonly job: number };

export type FilesReply =
  | { readonly kind: "pong" }
  | { readonly kind: "piece"; readonly job: number; readonly bytes: Uint8Array }
  | { readonly kind: "taken"; readonly job: number }
  | { readonly kind: "done"; readonly job: number; readonly value: unknown }
  | { readonly kind: "failed"; readonly job: number; readonly errorKind: ErrorKind; readonly code: string; readonly message: string };

/** Pieces that may be under way in one direction before the sender waits. */
export const piecesUnderWay = 4;
