import type { LogLevel } from "@berth/base";
import type { ListenAddress } from "@berth/http";

/** The daemon's settings, checked. */
export interface DaemonOptions {
  readonly dataRoot: string;
  readonly execRoot: string;
  readonly configFile: string;
  readonly pidFile: string;
  readonly logLevel: LogLevel;
  readonly liveRestore: boolean;
  readonly shutdownTimeoutS: number;
  readonly labels: readonly string[];
  readonly experimental: boolean;
  readonly listen: readonly ListenAddress[];
  readonly socketGroup: { readonly name: string; readonly asked: boolean };
  readonly allowPlainTcp: boolean;
  /** null: no TLS on TCP. */
  readonly tls: { readonly certificate: string; readonly key: string; readonly clientAuthority: string | null } | null;
  /** null: crun, else runc. */
  readonly defaultRuntime: string | null;
  /** Name → path. */
  readonly runtimes: Readonly<Record<string, string>>;
  readonly cgroupParent: string;
  readonly defaultUlimits: readonly { readonly Name: string; readonly Soft: number; readonly Hard: number }[];
  readonly shmSizeBytes: number;
  readonly defaultIpcMode: "private" | "shareable";
  readonly defaultCgroupnsMode: "host" | "private" | null;
  readonly init: boolean;
  readonly initPath: string | null;
  /** The waits between restarts. */
  readonly backoff: { readonly delayMs: number; readonly maxDelayMs: number; readonly resetMs: number };
  readonly noNewPrivileges: boolean;
  /** null: the default profile; otherwise `unconfined` or a file. */
  readonly seccompProfile: string | null;
  readonly logDriver: string;
  readonly logOptions: Readonly<Record<string, string>>;
  readonly network: NetworkOptions;
  readonly insecureRegistries: readonly string[];
  readonly registryMirrors: readonly string[];
  /** Names of options that were set though nothing follows from them. */
  readonly inert: readonly string[];
}

/** What the flags say of the default network. */
export interface NetworkOptions {
  /** Name of the bridge; `none` makes none. */
  readonly bridge: string;
  /** Address and prefix of the bridge; null: chosen. */
  readonly bip: string | null;
  readonly mtu: number;
  readonly dns: readonly string[];
  readonly dnsOptions: readonly string[];
  readonly dnsSearch: readonly string[];
  readonly ipForward: boolean;
  readonly masquerade: boolean;
  readonly interContainer: boolean;
  readonly publishAddress: string;
}
