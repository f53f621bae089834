import type { ContainerProtection } from "@berth/spec";
import type { SeccompProfile } from "./seccomp/profile.ts";

/** What the room has to know of the host and the daemon. */
export interface SecurityFacts {
  /** The daemon's bounding set, names with CAP_; no container can have more. */
  readonly availableCapabilities: readonly string[];
  /** `uname -r`. */
  readonly kernelVersion: string;
  /** By its Go name: amd64, arm64, … */
  readonly architecture: string;
  readonly seccomp: boolean;
  readonly appArmor: boolean;
  /** `--no-new-privileges` of the daemon: what a container has that says nothing. */
  readonly noNewPrivileges: boolean;
  /** `--seccomp-profile` of the daemon. */
  readonly seccompProfile: "default" | "unconfined" | SeccompProfile;
}

/** The parts of a HostConfig that protection depends on. null and absent mean the default. */
export interface ProtectionRequest {
  readonly capAdd: readonly string[] | null;
  readonly capDrop: readonly string[] | null;
  readonly privileged: boolean;
  readonly securityOpt: readonly string[] | null;
  readonly maskedPaths: readonly string[] | null;
  readonly readonlyPaths: readonly string[] | null;
}

/** Decides what containers are kept from; the same question always has the same answer. */
export interface Security {
  readonly facts: SecurityFacts;
  /** What inspect shows of a container that asked for nothing else. */
  readonly maskedPaths: readonly string[];
  readonly readonlyPaths: readonly string[];
  /** @throws invalid with Docker's words; call it at create to check, at start to build. */
  protect(request: ProtectionRequest): ContainerProtection;
}
