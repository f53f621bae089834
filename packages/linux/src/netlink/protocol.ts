import type { ErrorKind } from "@berth/base";
import type { NetlinkOperations } from "./operations.ts";

/** What the daemon's thread sends to the netlink worker. */
export type NetlinkRequest =
  | { readonly kind: "ping" }
  | { readonly kind: "call"; readonly id: number; readonly name: keyof NetlinkOperations; readonly args: readonly unknown[] };

/** A {@link KernelError} or another error as plain data: errors lose their class between threads. */
export type NetlinkFailure =
  | {
      readonly kind: "kernel";
      readonly call: string;
      readonly errno: number;
      readonly code: string;
      readonly path: string | null;
      readonly detail: string;
    }
  | { readonly kind: "other"; readonly errorKind: ErrorKind; readonly message: string };

/** What the worker answers. */
export type NetlinkAnswer =
  | { readonly kind: "pong" }
  | { readonly kind: "result"; readonly id: number; readonly value: unknown }
  | { readonly kind: "failure"; readonly id: number; readonly failure: NetlinkFailure };
