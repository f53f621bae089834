import type { EngineApi } from "../../harness/engine-api.ts";
import type { Sandbox } from "../../harness/sandbox.ts";

/** Every engine that can be measured, in the order of the table's columns. */
export const engineKinds = ["docker", "podman", "berth"] as const;

export type EngineKind = (typeof engineKinds)[number];

/** How the table calls them. */
export const engineNames: Readonly<Record<EngineKind, string>> = { docker: "Docker", podman: "podman", berth: "Berth" };

/** A running engine, alone in its sandbox, with the image `busybox` in it. What a measurement does, it does to all alike. */
export interface Engine {
  readonly kind: EngineKind;
  /** What `/version` calls itself. */
  readonly version: string;
  readonly api: EngineApi;
  readonly socket: string;
  readonly sandbox: Sandbox;
  /** The command line that comes with this engine, told where the engine listens. */
  readonly ownCli: readonly string[];
  /** Ends it with all its containers, and removes what it has written. */
  close(): Promise<void>;
}
