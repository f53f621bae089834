import type { ErrorKind } from "@berth/base";
import type { OverlayMount } from "../ports.ts";

/** What the Workers can do; each call returns when the kernel has done it. */
export interface Operations {
  readonly mount: (source: string, target: string, type: string, flags: number, data: string) => void;
  readonly mountOverlay: (mount: OverlayMount) => void;
  readonly unmount: (target: string, flags: number) => void;
  readonly fsync: (path: string) => void;
  readonly syncfs: (path: string) => void;
  readonly removeTree: (path: string) => void;
  readonly diskUsage: (path: string) => number;
  readonly fileBytes: (path: string) => number;
  readonly freeHead: (path: string, options: { readonly inode: bigint; readonly bytes: number }) => void;
  readonly writeControl: (path: string, text: string) => void;
  readonly createNetworkNamespace: (path: string) => void;
  readonly removeNetworkNamespace: (path: string) => void;
}

/** To a Worker: one operation by name, or the smoke test's question whether it lives. */
export type Request =
  | { readonly kind: "call"; readonly id: number; readonly operation: keyof Operations; readonly args: readonly unknown[] }
  | { readonly kind: "ping" };

/** A failure as it crosses the thread: the fields of a KernelError, or kind and message of another one. */
export type Failure =
  | {
      readonly kernel: true;
      readonly call: string;
      readonly errno: number;
      readonly code: string;
      readonly path: string | null;
      readonly detail: string;
    }
  | { readonly kernel: false; readonly kind: ErrorKind; readonly message: string };

/** From a Worker. */
export type Reply =
  | { readonly kind: "done"; readonly id: number; readonly value: unknown }
  | { readonly kind: "failed"; readonly id: number; readonly failure: Failure }
  | { readonly kind: "pong" };
