import { fail } from "@berth/base";
import type { IpamConfig } from "@berth/spec";
import type { Database, Migration } from "@berth/store";
import { type AddressUse, chooseAddress, restMs } from "./address/choose-address.ts";
import type { Ipv4Network } from "./address/ipv4.ts";
import type { BridgeSettings } from "./network/options.ts";
import type { Pool } from "./network/pool.ts";
import type { PublishedPort } from "./port/published.ts";

const migrations: readonly Migration[] = [
  {
    name: "network-001-first",
    sql: `
      CREATE TABLE networks (
        name TEXT PRIMARY KEY,
        id TEXT NOT NULL UNIQUE,
        driver TEXT NOT NULL,
        created_at TEXT NOT NULL,
        subnet TEXT,
        gateway TEXT
      ) STRICT;
      CREATE TABLE network_endpoints (
        container_id TEXT PRIMARY KEY,
        container_name TEXT NOT NULL,
        hostname TEXT NOT NULL,
        network TEXT,
        sandbox_id TEXT NOT NULL,
        endpoint_id TEXT NOT NULL,
        namespace_path TEXT,
        joined TEXT,
        host_link TEXT,
        address INTEGER,
        mac TEXT,
        exposed TEXT NOT NULL,
        ports TEXT NOT NULL
      ) STRICT;
      CREATE TABLE network_addresses (
        network TEXT NOT NULL,
        address INTEGER NOT NULL,
        container_id TEXT NOT NULL,
        released_at_ms INTEGER,
        PRIMARY KEY (network, address)
      ) STRICT, WITHOUT ROWID;`,
  },
  {
    name: "network-002-user-defined",
    sql: `
      ALTER TABLE networks ADD COLUMN state TEXT NOT NULL DEFAULT 'ready';
      ALTER TABLE networks ADD COLUMN details TEXT;`,
  },
];

/** `making` and `removing`: the row is there, the bridge may be; whoever finds one that nobody works on takes both away. */
export type NetworkState = "making" | "ready" | "removing";

/** What was asked of a network that somebody made, and what it came to. */
export interface NetworkDetails {
  readonly settings: BridgeSettings;
  readonly pool: Pool;
  /** The addresses as they were asked for; null when the engine chose them. */
  readonly config: IpamConfig | null;
  readonly ipamOptions: Readonly<Record<string, string>> | null;
  readonly internal: boolean;
  readonly attachable: boolean;
  readonly options: Readonly<Record<string, string>>;
  readonly labels: Readonly<Record<string, string>>;
}

/** A network that outlives the daemon. */
export interface NetworkRecord {
  readonly name: string;
  readonly id: string;
  readonly driver: string;
  readonly createdAt: string;
  readonly subnet: string | null;
  readonly gateway: string | null;
  readonly state: NetworkState;
  /** null for the networks that always exist. */
  readonly details: NetworkDetails | null;
}

/** What one running container has of the network. */
export interface EndpointRecord {
  readonly containerId: string;
  readonly containerName: string;
  readonly hostname: string;
  /** The network's name; null when it shares another container's namespace. */
  readonly network: string | null;
  readonly sandboxId: string;
  readonly endpointId: string;
  readonly namespacePath: string | null;
  /** Id of the container whose namespace it shares. */
  readonly joined: string | null;
  readonly hostLink: string | null;
  /** As a number. */
  readonly address: number | null;
  readonly mac: string | null;
  readonly exposed: readonly string[];
  readonly ports: readonly PublishedPort[];
}

interface EndpointRow {
  readonly [column: string]: string | number | null;
  readonly container_id: string;
  readonly container_name: string;
  readonly hostname: string;
  readonly network: string | null;
  readonly sandbox_id: string;
  readonly endpoint_id: string;
  readonly namespace_path: string | null;
  readonly joined: string | null;
  readonly host_link: string | null;
  readonly address: number | null;
  readonly mac: string | null;
  readonly exposed: string;
  readonly ports: string;
}

interface AddressRow {
  readonly [column: string]: string | number | null;
  readonly address: number;
  readonly container_id: string;
  readonly released_at_ms: number | null;
}

interface NetworkRow {
  readonly [column: string]: string | null;
  readonly name: string;
  readonly id: string;
  readonly driver: string;
  readonly created_at: string;
  readonly subnet: string | null;
  readonly gateway: string | null;
  readonly state: string;
  readonly details: string | null;
}

/** The room's tables. */
export class NetworkStore {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
    database.migrate(migrations);
  }

  networks(): NetworkRecord[] {
    return this.#database
      .all<NetworkRow>("SELECT name, id, driver, created_at, subnet, gateway, state, details FROM networks ORDER BY name")
      .map(({ created_at: createdAt, state, details, ...rest }) => ({
        ...rest,
        createdAt,
        state: state as NetworkState,
        details: details === null ? null : (JSON.parse(details) as NetworkDetails),
      }));
  }

  network(name: string): NetworkRecord | null {
    return this.networks().find((network) => network.name === name) ?? null;
  }

  /** Makes a network that is not there yet; the id of one that is stays. Whether it was made. */
  ensureNetwork(network: NetworkRecord): boolean {
    const { name, id, driver, createdAt, subnet, gateway, state, details } = network;
    const changed = this.#database.run(
      `INSERT INTO networks (name, id, driver, created_at, subnet, gateway, state, details) VALUES (?, ?, ?, ?, ?, ?, ?, ?)
        ON CONFLICT (name) DO NOTHING`,
      name,
      id,
      driver,
      createdAt,
      subnet,
      gateway,
      state,
      details === null ? null : JSON.stringify(details),
    );
    return changed > 0;
  }

  /** A network is whole now. */
  setReady(name: string): void {
    this.#database.run("UPDATE networks SET state = 'ready' WHERE name = ?", name);
  }

  /** From now on nobody can join it. False, and nothing is changed, when a container is on it. */
  markRemoving(name: string): boolean {
    const sql = `UPDATE networks SET state = 'removing' WHERE name = ?
      AND NOT EXISTS (SELECT 1 FROM network_endpoints WHERE network = networks.name)`;
    return this.#database.run(sql, name) > 0;
  }

  /** Forgets a network and its addresses. */
  deleteNetwork(name: string): void {
    this.#database.transaction(() => {
      this.#database.run("DELETE FROM network_addresses WHERE network = ?", name);
      this.#database.run("DELETE FROM networks WHERE name = ?", name);
    });
  }

  setSubnet(name: string, subnet: string, gateway: string): void {
    this.#database.run("UPDATE networks SET subnet = ?, gateway = ? WHERE name = ?", subnet, gateway, name);
  }

  endpoints(): EndpointRecord[] {
    return this.#database.all<EndpointRow>("SELECT * FROM network_endpoints ORDER BY container_id").map(recordOf);
  }

  endpoint(containerId: string): EndpointRecord | null {
    const row = this.#database.get<EndpointRow>("SELECT * FROM network_endpoints WHERE container_id = ?", containerId);
    return row === null ? null : recordOf(row);
  }

  /** Whether another container shares this one's namespace. */
  joinedByOthers(containerId: string): boolean {
    const sql = "SELECT 1 AS found FROM network_endpoints WHERE joined = ? LIMIT 1";
    return this.#database.get<{ readonly found: number }>(sql, containerId) !== null;
  }

  insertEndpoint(endpoint: EndpointRecord): void {
    const changed = this.#database.run(
      `INSERT INTO network_endpoints (container_id, container_name, hostname, network, sandbox_id, endpoint_id,
        namespace_path, joined, host_link, address, mac, exposed, ports) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
        ON CONFLICT (container_id) DO NOTHING`,
      endpoint.containerId,
      endpoint.containerName,
      endpoint.hostname,
      endpoint.network,
      endpoint.sandboxId,
      endpoint.endpointId,
      endpoint.namespacePath,
      endpoint.joined,
      endpoint.hostLink,
      endpoint.address,
      endpoint.mac,
      JSON.stringify(endpoint.exposed),
      JSON.stringify(endpoint.ports),
    );
    if (changed === 0) throw fail("conflict", `container ${endpoint.containerId} is connected to a network already`);
  }

  setContainerName(containerId: string, containerName: string): void {
    this.#database.run("UPDATE network_endpoints SET container_name = ? WHERE container_id = ?", containerName, containerId);
  }

  setPorts(containerId: string, ports: readonly PublishedPort[]): void {
    this.#database.run("UPDATE network_endpoints SET ports = ? WHERE container_id = ?", JSON.stringify(ports), containerId);
  }

  /**
   * Gives a container an address and its endpoint in one transaction.
   * @param make makes the endpoint of the address
   */
  claim(options: {
    readonly network: string;
    readonly subnet: Ipv4Network;
    readonly gateway: number;
    readonly range: Ipv4Network;
    readonly reserved: readonly number[];
    /** An address that must be this one. */
    readonly asked: number | null;
    readonly containerId: string;
    readonly nowMs: number;
    readonly make: (address: number) => EndpointRecord;
  }): EndpointRecord {
    return this.#database.transaction(() => {
      const { network, nowMs, containerId } = options;
      // It may be on its way out since the caller looked.
      if (this.network(network)?.state !== "ready") throw fail("not-found", `network ${network} not found`);
      // One that was released in the future was so before the clock was set back.
      this.#database.run(
        "DELETE FROM network_addresses WHERE network = ? AND (released_at_ms < ? OR released_at_ms > ?)",
        network,
        nowMs - restMs,
        nowMs,
      );
      const uses = this.#database
        .all<AddressRow>("SELECT address, container_id, released_at_ms FROM network_addresses WHERE network = ? ORDER BY address", network)
        .map((row): AddressUse => ({ address: row.address, containerId: row.container_id, releasedAtMs: row.released_at_ms }));
      const address = chooseAddress({
        name: network,
        network: options.subnet,
        gateway: options.gateway,
        range: options.range,
        reserved: options.reserved,
        asked: options.asked,
        containerId,
        nowMs,
        uses,
      });
      this.#database.run(
        "INSERT OR REPLACE INTO network_addresses (network, address, container_id, released_at_ms) VALUES (?, ?, ?, NULL)",
        network,
        address,
        containerId,
      );
      const endpoint = options.make(address);
      this.insertEndpoint(endpoint);
      return endpoint;
    });
  }

  /** Forgets a container's endpoint; its address rests from now on. */
  release(containerId: string, nowMs: number): void {
    this.#database.transaction(() => {
      this.#database.run("DELETE FROM network_endpoints WHERE container_id = ?", containerId);
      this.#database.run(
        "UPDATE network_addresses SET released_at_ms = ? WHERE container_id = ? AND released_at_ms IS NULL",
        nowMs,
        containerId,
      );
    });
  }
}

function recordOf(row: EndpointRow): EndpointRecord {
  return {
    containerId: row.container_id,
    containerName: row.container_name,
    hostname: row.hostname,
    network: row.network,
    sandboxId: row.sandbox_id,
    endpointId: row.endpoint_id,
    namespacePath: row.namespace_path,
    joined: row.joined,
    hostLink: row.host_link,
    address: row.address,
    mac: row.mac,
    exposed: JSON.parse(row.exposed) as string[],
    ports: JSON.parse(row.ports) as PublishedPort[],
  };
}
