import path from "node:path";
import { type Clock, fail, KeyedMutex, type Logger, Mutex, messageOf, newId, type Steps } from "@berth/base";
import type { Blocking, Kernel, Netlink, Nftables } from "@berth/linux";
import type { EndpointSettings, NetworkCreateRequest } from "@berth/spec";
import type { Database } from "@berth/store";
import { ipv4Number, ipv4Text, macOf } from "./address/ipv4.ts";
import { type Bridge, Bridges } from "./bridge/bridges.ts";
import { LinkSweeper } from "./bridge/link-sweeper.ts";
import { readHostResolvConf, resolvConf } from "./dns/resolv-conf.ts";
import { Firewall } from "./firewall/firewall.ts";
import { createNetwork, type NetworkContext } from "./network/create.ts";
import { removeNetwork } from "./network/remove.ts";
import { type EndpointRecord, type NetworkRecord, NetworkStore } from "./network.store.ts";
import { type PortWish, parseWishes } from "./port/parse.ts";
import { PortHolder } from "./port/port-holder.ts";
import type { BridgeOptions, Networks, NetworkSummary, Sandbox, SandboxRequest } from "./ports.ts";
import { blankEndpoint, forwardingsOf } from "./sandbox/endpoint-record.ts";
import { askedAddress, checkEndpointWishes, checkRequest, type NetworkMode, parseMode } from "./sandbox/mode.ts";
import { NamespacePool } from "./sandbox/namespace-pool.ts";
import { emptyEndpoint, settingsOf } from "./sandbox/settings.ts";
import { findNetwork, summaryOf } from "./view.ts";

/** What {@link openNetworks} needs. */
export interface NetworksOptions {
  readonly execRoot: string;
  readonly database: Database;
  readonly kernel: Kernel;
  readonly blocking: Blocking;
  readonly netlink: Netlink;
  readonly nftables: Nftables;
  readonly log: Logger;
  readonly steps: Steps;
  readonly clock: Clock;
  readonly bridge: BridgeOptions;
}

/** Opens the room; nothing is made in the kernel before {@link Networks.open}. */
export function openNetworks(options: NetworksOptions): Networks {
  return new BridgeNetworks(options);
}

/** Name of a container's interface on the bridge. */
const insideName = "eth0";
const foreignCheckMs = 5_000;

class BridgeNetworks implements Networks {
  readonly #options: NetworksOptions;
  readonly #store: NetworkStore;
  readonly #pool: NamespacePool;
  readonly #ports: PortHolder;
  readonly #firewall: Firewall;
  readonly #sweeper: LinkSweeper;
  readonly #locks = new KeyedMutex();
  readonly #opening = new Mutex();
  readonly #bridges: Bridges;
  readonly #context: NetworkContext;
  #opened = false;
  #foreignCheckedMs = 0;

  constructor(options: NetworksOptions) {
    const { database, blocking, execRoot, kernel, log, netlink, nftables, bridge } = options;
    this.#options = options;
    this.#store = new NetworkStore(database);
    this.#pool = new NamespacePool({ blocking, log, folder: path.join(execRoot, "netns") });
    this.#ports = new PortHolder({ kernel, netlink, log, defaultHostIp: bridge.defaultHostIp ?? "0.0.0.0" });
    this.#firewall = new Firewall({ nftables, log, published: () => this.#store.endpoints().flatMap(forwardingsOf) });
    this.#sweeper = new LinkSweeper({ netlink, log });
    this.#bridges = new Bridges({ netlink, log, bridge, store: this.#store, firewall: this.#firewall });
    this.#context = { options, store: this.#store, bridges: this.#bridges };
    const createdAt = new Date(options.clock.nowMs()).toISOString();
    for (const [name, driver] of [
      ["bridge", "bridge"],
      ["host", "host"],
      ["none", "null"],
    ] as const) {
      this.#store.ensureNetwork({ name, driver, id: newId(), createdAt, subnet: null, gateway: null, state: "ready", details: null });
    }
  }

  open(): Promise<void> {
    return this.#opening.run(async () => {
      await this.#bridges.open();
      this.#opened = true;
      this.#foreignCheckedMs = this.#options.clock.monotonicMs();
    });
  }

  create(request: NetworkCreateRequest): Promise<NetworkSummary> {
    return this.#opening.run(async () => this.#summaryOf(await createNetwork(this.#context, request), []));
  }

  remove(reference: string): Promise<NetworkSummary> {
    return this.#opening.run(async () => {
      const record = findNetwork(this.#known(), reference);
      const summary = this.#summaryOf(record, []);
      await removeNetwork(this.#context, record);
      return summary;
    });
  }

  validate(request: SandboxRequest): Record<string, EndpointSettings> {
    checkRequest(request);
    const mode = this.#modeOf(request);
    switch (mode.kind) {
      case "container":
        return {};
      case "named":
        checkEndpointWishes(request.endpoints ?? {});
        return { [mode.name]: emptyEndpoint() };
      default:
        return { [mode.kind]: emptyEndpoint() };
    }
  }

  connect(request: SandboxRequest): Promise<Sandbox> {
    return this.#locks.run(request.containerId, async () => {
      checkRequest(request);
      await this.#disconnect(request.containerId);
      try {
        return await this.#connect(request);
      } catch (error) {
        await this.#undo(request.containerId);
        throw error;
      }
    });
  }

  disconnect(containerId: string): Promise<void> {
    return this.#locks.run(containerId, () => this.#disconnect(containerId));
  }

  rename(containerId: string, containerName: string): void {
    this.#store.setContainerName(containerId, containerName);
  }

  adopt(containerId: string): Promise<Sandbox | null> {
    return this.#locks.run(containerId, async () => {
      const endpoint = this.#store.endpoint(containerId);
      if (endpoint === null) return null;
      if (endpoint.address !== null) {
        if (endpoint.namespacePath === null || !(await this.#endpointLives(endpoint.namespacePath))) return null;
        this.#ports.release(containerId);
        await this.#ports.retake({ containerId, address: ipv4Text(endpoint.address), ports: endpoint.ports });
      }
      return this.#sandboxOf(endpoint);
    });
  }

  async recover(live: ReadonlySet<string>): Promise<void> {
    for (const { containerId } of this.#store.endpoints()) {
      if (!live.has(containerId)) await this.disconnect(containerId);
    }
    const endpoints = this.#store.endpoints();
    await this.#pool.removeOthers(new Set(endpoints.flatMap((endpoint) => endpoint.namespacePath ?? [])));
    const used = new Set(endpoints.flatMap((endpoint) => endpoint.hostLink ?? []));
    for (const { name } of this.#bridges.all()) await this.#sweeper.removeOthers(name, used);
    this.#pool.fill();
  }

  resolvConf(options: Parameters<Networks["resolvConf"]>[0]): string {
    return resolvConf(readHostResolvConf(), { ...options, hostNamespace: parseMode(options.mode).kind === "host" });
  }

  list(): NetworkSummary[] {
    const endpoints = this.#store.endpoints();
    return this.#known().map((network) => this.#summaryOf(network, endpoints));
  }

  inspect(reference: string): NetworkSummary {
    return this.#summaryOf(findNetwork(this.#known(), reference), this.#store.endpoints());
  }

  async close(): Promise<void> {
    this.#ports.close();
    await this.#sweeper.close();
    await this.#pool.close();
    // Containers may go on without the daemon: what they need of the firewall stays.
    if (this.#opened && !this.#store.endpoints().some((endpoint) => endpoint.address !== null)) this.#firewall.passForeign(false);
  }

  /** The networks that there are for others: whole ones, and the default bridge only if there is one. */
  #known(): NetworkRecord[] {
    const without = this.#bridges.withoutDefault;
    return this.#store.networks().filter((network) => network.state === "ready" && (network.name !== "bridge" || !without));
  }

  #summaryOf(network: NetworkRecord, endpoints: readonly EndpointRecord[]): NetworkSummary {
    return summaryOf(network, { bridge: this.#options.bridge, prefixLength: this.#bridges.prefixLength(network.name), endpoints });
  }

  /** Where a request leads: a single endpoint says it more exactly than the mode, as in Docker; ids become names. */
  #modeOf(request: SandboxRequest): NetworkMode {
    const mode = parseMode(request.mode);
    if (mode.kind !== "bridge" && mode.kind !== "named") return mode;
    const [only, ...more] = Object.keys(request.endpoints ?? {});
    const wanted = only === undefined || more.length > 0 ? mode : parseMode(only);
    const named = wanted.kind === "named" ? parseMode(this.#nameOf(wanted.name)) : wanted;
    return named.kind === "bridge" && this.#bridges.withoutDefault ? { kind: "none" } : named;
  }

  /** A network's name by its name, id or id prefix; what names none stays as it is. */
  #nameOf(reference: string): string {
    try {
      return findNetwork(this.#known(), reference).name;
    } catch {
      return reference;
    }
  }

  async #connect(request: SandboxRequest): Promise<Sandbox> {
    const mode = this.#modeOf(request);
    const { steps } = this.#options;
    switch (mode.kind) {
      case "named":
        findNetwork(this.#known(), mode.name);
        return this.#connectBridge(request, this.#bridges.need(mode.name));
      case "bridge":
        return this.#connectBridge(request, this.#requireDefault());
      case "host":
        return this.#insert(request, { network: "host", sandboxId: newId() });
      case "none": {
        const kept = await steps.run("start.network-namespace", () => this.#pool.take());
        try {
          return await this.#insert(request, { network: "none", sandboxId: kept.sandboxId, namespacePath: kept.path });
        } catch (error) {
          await this.#pool.remove(kept.path);
          throw error;
        }
      }
      case "container":
        if (request.joinPath === null) throw fail("conflict", `cannot join network of a non running container: ${mode.id}`);
        return this.#insert(request, { network: null, sandboxId: newId(), namespacePath: request.joinPath, joined: mode.id });
    }
  }

  #insert(request: SandboxRequest, changes: Partial<EndpointRecord>): Promise<Sandbox> {
    const endpoint = { ...blankEndpoint(request), ...changes };
    return this.#options.steps.run("start.network-reserve", () => {
      this.#store.insertEndpoint(endpoint);
      return this.#sandboxOf(endpoint);
    });
  }

  async #connectBridge(request: SandboxRequest, bridge: Bridge): Promise<Sandbox> {
    const { netlink, steps } = this.#options;
    const { subnet } = bridge;
    checkEndpointWishes(bridge.network === "bridge" ? {} : (request.endpoints ?? {}));
    const asked = askedAddress(request.endpoints, bridge);
    const { containerId, containerName } = request;
    const kept = await steps.run("start.network-namespace", () => this.#pool.take());
    let claimed: EndpointRecord;
    try {
      claimed = await steps.run("start.network-reserve", () => this.#claim(request, { ...kept, bridge, asked }));
    } catch (error) {
      await this.#pool.remove(kept.path);
      throw error;
    }
    const address = ipv4Text(claimed.address ?? 0);
    const wishes = publishedWishes(request, bridge);
    await steps.run("start.network-endpoint", () =>
      netlink.createEndpoint({
        hostName: claimed.hostLink ?? "",
        bridge: bridge.name,
        namespace: kept.path,
        name: insideName,
        mac: claimed.mac ?? "",
        addresses: [{ address, prefixLength: subnet.network.prefixLength }],
        gateway: subnet.gateway,
        mtu: bridge.mtu,
        hairpin: wishes.length > 0,
        isolated: !bridge.icc,
      }),
    );
    if (wishes.length === 0) return this.#sandboxOf(claimed);
    const ports = await steps.run("start.network-ports", async () => {
      const taken = await this.#ports.take({ containerId, containerName, endpointId: claimed.endpointId, address, wishes });
      this.#store.setPorts(containerId, taken);
      return taken;
    });
    const endpoint = { ...claimed, ports };
    await steps.run("start.network-rules", () => this.#firewall.publish(forwardingsOf(endpoint)));
    this.#checkForeign();
    return this.#sandboxOf(endpoint);
  }

  #claim(
    request: SandboxRequest,
    given: { readonly sandboxId: string; readonly path: string; readonly bridge: Bridge; readonly asked: number | null },
  ): EndpointRecord {
    const { network, subnet, range, reserved } = given.bridge;
    return this.#store.claim({
      network,
      subnet: subnet.network,
      gateway: ipv4Number(subnet.gateway),
      range,
      reserved,
      asked: given.asked,
      containerId: request.containerId,
      nowMs: this.#options.clock.nowMs(),
      make: (address) => ({
        ...blankEndpoint(request),
        network,
        sandboxId: given.sandboxId,
        namespacePath: given.path,
        // A name of its own for each start: the kernel takes the last one's links down in its own time.
        hostLink: `veth${given.sandboxId.slice(0, 11)}`,
        address,
        mac: request.macAddress ?? macOf(ipv4Text(address)),
      }),
    });
  }

  async #disconnect(containerId: string): Promise<void> {
    const endpoint = this.#store.endpoint(containerId);
    if (endpoint === null) return;
    const { steps, clock } = this.#options;
    if (endpoint.ports.length > 0) {
      await steps.run("exit.network-rules", () => {
        this.#store.setPorts(containerId, []);
        this.#firewall.withdraw(forwardingsOf(endpoint));
      });
    }
    this.#ports.release(containerId);
    const { namespacePath, hostLink } = endpoint;
    if (namespacePath !== null && endpoint.joined === null) {
      await steps.run("exit.network-namespace", async () => {
        // Without its file the namespace ends with its last process, and the links with it; others that share it would keep it.
        if (hostLink !== null && this.#store.joinedByOthers(containerId)) await this.#options.netlink.removeLink(hostLink);
        else if (hostLink !== null) this.#sweeper.later(hostLink);
        await this.#pool.remove(namespacePath);
      });
    }
    await steps.run("exit.network-release", () => this.#store.release(containerId, clock.nowMs()));
  }

  /** After a failed connect; a failure here is logged, because the first one is what the user must hear. */
  async #undo(containerId: string): Promise<void> {
    try {
      await this.#disconnect(containerId);
    } catch (error) {
      this.#options.log.error("cannot undo a failed network connection", { container: containerId, error });
    }
  }

  /** Docker or a firewall may have been started after us; looks now and then, and never fails a start. */
  #checkForeign(): void {
    const nowMs = this.#options.clock.monotonicMs();
    if (nowMs - this.#foreignCheckedMs < foreignCheckMs) return;
    this.#foreignCheckedMs = nowMs;
    setImmediate(() => {
      try {
        this.#firewall.passForeign(true);
      } catch (error) {
        this.#options.log.warn("cannot look into other programs' forward chains", { error: messageOf(error) });
      }
    });
  }

  async #endpointLives(namespacePath: string): Promise<boolean> {
    try {
      return (await this.#options.netlink.link(insideName, namespacePath)) !== null;
    } catch {
      return false;
    }
  }

  #sandboxOf(endpoint: EndpointRecord): Sandbox {
    const prefixLength = this.#bridges.prefixLength(endpoint.network);
    const network = endpoint.network === null ? null : this.#store.network(endpoint.network);
    const settings = settingsOf(endpoint, { network, prefixLength, hostSandbox: path.join(this.#options.execRoot, "netns", "default") });
    const hosts = endpoint.address === null ? [] : [{ address: ipv4Text(endpoint.address), names: [endpoint.hostname] }];
    return { namespacePath: endpoint.namespacePath, settings, hosts };
  }

  #requireDefault(): Bridge {
    if (!this.#opened) throw fail("unavailable", "the bridge network is not open yet");
    return this.#bridges.need("bridge");
  }
}

/** Nothing is published on an internal network, as in Docker. */
function publishedWishes(request: SandboxRequest, bridge: Bridge): PortWish[] {
  if (bridge.internal) return [];
  return parseWishes(request).map((wish) => ({ ...wish, hostIp: wish.hostIp ?? bridge.hostIp }));
}
