import type { EndpointSettings, NetworkCreateRequest, NetworkSettings, PortMap } from "@berth/spec";

/** What a container asks of the network. */
export interface SandboxRequest {
  readonly containerId: string;
  /** Without the leading slash; for messages and for the network's list of containers. */
  readonly containerName: string;
  readonly hostname: string;
  /** `bridge`/`default`, `none`, `host`, `container:<full id>`, or a network's name. */
  readonly mode: string;
  /** For `container:`: the other container's namespace path. */
  readonly joinPath: string | null;
  readonly macAddress: string | null;
  readonly exposed: readonly string[];
  readonly bindings: PortMap;
  readonly publishAll: boolean;
  /** `NetworkingConfig.EndpointsConfig` of the create call. */
  readonly endpoints?: Readonly<Record<string, Partial<EndpointSettings> | null>>;
}

/** A container's network, ready for its start. */
export interface Sandbox {
  /** For the OCI namespace entry; null for `host`. */
  readonly namespacePath: string | null;
  readonly settings: NetworkSettings;
  /** Lines for /etc/hosts besides the standard ones: address and names. */
  readonly hosts: readonly { readonly address: string; readonly names: readonly string[] }[];
}

/** A network as the API's /networks shows it. */
export interface NetworkSummary {
  readonly id: string;
  readonly name: string;
  readonly driver: string;
  readonly scope: "local";
  readonly createdAt: string;
  readonly subnets: readonly {
    readonly subnet: string;
    /** Empty when nobody named one. */
    readonly gateway: string;
    /** The part of it that addresses come from; absent or empty is all of it. */
    readonly range?: string;
    /** Names and addresses that no container gets. */
    readonly auxiliary?: Readonly<Record<string, string>>;
  }[];
  readonly ipamOptions: Readonly<Record<string, string>> | null;
  readonly internal: boolean;
  readonly attachable: boolean;
  readonly options: Readonly<Record<string, string>>;
  readonly labels: Readonly<Record<string, string>>;
  readonly endpoints: Readonly<
    Record<string, { readonly endpointId: string; readonly name: string; readonly mac: string; readonly ipv4: string }>
  >;
}

/** The default bridge, by the daemon's flags. */
export interface BridgeOptions {
  /** Name of the interface; `none` makes no bridge and no rules, and the default network is `none`. */
  readonly name: string;
  /** `--bip`: address and subnet, `172.30.0.1/16`; null chooses the first free one. */
  readonly bip: string | null;
  readonly mtu: number;
  /** `--icc`: whether containers reach each other; true unless set. */
  readonly icc?: boolean;
  /** `--ip-masq`: whether containers reach other hosts by the host's address; true unless set. */
  readonly ipMasquerade?: boolean;
  /** `--ip-forward`: whether net.ipv4.ip_forward is turned on; true unless set. */
  readonly ipForward?: boolean;
  /** `--ip`: where ports are published that name no address; 0.0.0.0 unless set. */
  readonly defaultHostIp?: string;
}

/** Bridges, addresses and published ports. */
export interface Networks {
  /** Makes the bridges, the table and NAT; heals what is missing. */
  open(): Promise<void>;
  /**
   * Checks a request without doing anything; throws what Docker says at create (bad port, conflicting options; an unknown
   * network is told at the start). Returns endpoint settings as a created container's inspect shows them.
   */
  validate(request: SandboxRequest): Record<string, EndpointSettings>;
  /** Makes namespace, endpoint, address, ports. Undoes everything when one part fails (port is already allocated …). */
  connect(request: SandboxRequest): Promise<Sandbox>;
  /** Gives everything back; safe to call for what was never or half made. */
  disconnect(containerId: string): Promise<void>;
  /** The name that a container's endpoint has from now on; nothing for one that has none. One row: it may be part of a transaction. */
  rename(containerId: string, containerName: string): void;
  /** After a daemon restart: takes over what `connect` made for a container that still runs; null when it is gone. */
  adopt(containerId: string): Promise<Sandbox | null>;
  /** Removes namespaces, endpoints, addresses and rules of containers that are not in `live`. */
  recover(live: ReadonlySet<string>): Promise<void>;
  /** What /etc/resolv.conf of a container says, from the host's and the options. */
  resolvConf(options: {
    readonly dns: readonly string[];
    readonly options: readonly string[];
    readonly search: readonly string[];
    readonly mode: string;
  }): string;
  /**
   * Makes a bridge network.
   * @throws conflict for a name that is taken; invalid, forbidden, not-found with Docker's words; not-implemented
   */
  create(request: NetworkCreateRequest): Promise<NetworkSummary>;
  /**
   * Removes a network, and returns what it was.
   * @throws not-found; forbidden while a container is on it, and for the networks that always exist
   */
  remove(reference: string): Promise<NetworkSummary>;
  list(): NetworkSummary[];
  /** By name, id or id prefix; throws not-found `network nope not found`. */
  inspect(reference: string): NetworkSummary;
  close(): Promise<void>;
}
