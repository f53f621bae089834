import type { Backoff } from "./containers/extensions.ts";

/** What the daemon's flags and `daemon.json` decide for containers. */
export interface EngineSettings {
  readonly serverVersion: string;
  readonly gitCommit: string;
  /** RFC 3339. */
  readonly buildTime: string;
  /** Containers outlive the daemon. */
  readonly liveRestore: boolean;
  /** How long a daemon that stops its containers waits for them, in seconds. */
  readonly shutdownTimeoutS: number;
  /** Labels of the daemon, `key=value`. */
  readonly labels: readonly string[];
  readonly dns: readonly string[];
  readonly dnsOptions: readonly string[];
  readonly dnsSearch: readonly string[];
  readonly shmSizeBytes: number;
  readonly logDriver: string;
  readonly logOptions: Readonly<Record<string, string>>;
  /** Default of `--init`. */
  readonly init: boolean;
  /** An init program for `--init`; null when the machine has none. */
  readonly initPath: string | null;
  /** cgroup below which containers are: `/berth`. */
  readonly cgroupParent: string;
  readonly defaultIpcMode: "private" | "shareable";
  /** null: `host` on v1 and `private` on v2, as Docker does. */
  readonly defaultCgroupnsMode: "host" | "private" | null;
  readonly defaultUlimits: readonly { readonly Name: string; readonly Soft: number; readonly Hard: number }[];
  readonly insecureRegistries: readonly string[];
  readonly registryMirrors: readonly string[];
  readonly debug: boolean;
  /** The waits between restarts, where a container says nothing of its own. */
  readonly backoff: Backoff;
  /** How often, in milliseconds, the size of a log is looked at that does not grow. */
  readonly logPollMs: number;
}

/** Settings of a daemon that was told nothing. */
export function defaultSettings(version: {
  readonly serverVersion: string;
  readonly gitCommit: string;
  readonly buildTime: string;
}): EngineSettings {
  return {
    ...version,
    liveRestore: true,
    shutdownTimeoutS: 15,
    labels: [],
    dns: [],
    dnsOptions: [],
    dnsSearch: [],
    shmSizeBytes: 64 * 1024 * 1024,
    logDriver: "json-file",
    logOptions: {},
    init: false,
    initPath: null,
    cgroupParent: "/berth",
    defaultIpcMode: "private",
    defaultCgroupnsMode: null,
    defaultUlimits: [],
    insecureRegistries: [],
    registryMirrors: [],
    debug: false,
    backoff: { delayMs: 100, maxDelayMs: 60_000, resetMs: 10_000 },
    logPollMs: 250,
  };
}

/** What does not change while the daemon lives. */
export interface HostSnapshot {
  readonly bootId: string;
  readonly hostname: string;
  readonly kernelVersion: string;
  readonly operatingSystem: string;
  readonly osVersion: string;
  /** By its Go name: amd64. */
  readonly architecture: string;
  /** As uname says: x86_64. */
  readonly machine: string;
  readonly cpuCount: number;
  readonly memoryBytes: number;
  readonly cpus: string;
  readonly memoryNodes: string;
}
