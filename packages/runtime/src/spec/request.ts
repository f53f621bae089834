import type { Kernel } from "@berth/linux";
import type { ContainerConfig, ContainerProtection, HostConfig } from "@berth/spec";

/** A mount that a container asked for, with its source found. Destinations are absolute and clean. */
export interface SpecMount {
  /** `tmpfs` has no source. */
  readonly type: "bind" | "tmpfs";
  readonly source: string;
  readonly destination: string;
  readonly readOnly: boolean;
  /** private, rprivate, shared, rshared, slave, rslave; empty leaves it out. */
  readonly propagation: string;
  /** Binds the directory without the mounts below it. */
  readonly nonRecursive: boolean;
  /** Mounts below a read-only bind become read-only as well (kernel 5.12, crun 1.4, runc 1.1). */
  readonly recursiveReadOnly: boolean;
  /** For `tmpfs`: what `--tmpfs` says after the colon, split at commas. */
  readonly tmpfsOptions: readonly string[];
}

/** Namespaces of others that a container joins, by path (`/proc/<pid>/ns/pid`); null makes one of its own. */
export interface JoinedNamespaces {
  /** Path of the network namespace; null is the host's. */
  readonly network: string | null;
  readonly pid: string | null;
  readonly ipc: string | null;
}

/** Everything a config.json is made of. */
export interface SpecRequest {
  readonly id: string;
  /** The mounted root file system on the host. */
  readonly rootfs: string;
  /** With the image's defaults merged in. */
  readonly config: ContainerConfig;
  readonly hostConfig: HostConfig;
  readonly protection: ContainerProtection;
  /** Binds, volumes, tmpfs of `Mounts`, and hosts, hostname, resolv.conf; `HostConfig.Tmpfs` is added here. */
  readonly mounts: readonly SpecMount[];
  readonly namespaces: JoinedNamespaces;
  /** The network namespace is the container's own: its sysctls may be set. */
  readonly ownNetwork: boolean;
  /** A tmpfs on the host that is bound at /dev/shm (`--ipc shareable`, `container:`, `host`); null: one of its own. */
  readonly shmSource: string | null;
  /** The program that `--init` puts first; null without it. */
  readonly initPath: string | null;
  /** Below the controllers' roots: /berth/<id>. */
  readonly cgroupPath: string;
  readonly kernel: Kernel;
}
