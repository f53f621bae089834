import { fail, type Logger, messageOf } from "@berth/base";
import type { Netlink } from "@berth/linux";
import { type Ipv4Network, macOf, networkText } from "../address/ipv4.ts";
import type { Firewall } from "../firewall/firewall.ts";
import type { BridgeRules } from "../firewall/ruleset.ts";
import type { NetworkRecord, NetworkStore } from "../network.store.ts";
import type { BridgeOptions } from "../ports.ts";
import { findSubnet, openBridge, type Subnet } from "./open-bridge.ts";

/** A network's bridge in the kernel, and what its containers get of it. */
export interface Bridge {
  /** The network's name. */
  readonly network: string;
  /** The interface's. */
  readonly name: string;
  readonly subnet: Subnet;
  readonly range: Ipv4Network;
  readonly reserved: readonly number[];
  readonly mtu: number;
  readonly icc: boolean;
  readonly masquerade: boolean;
  readonly internal: boolean;
  /** Where ports are published that name no address; null is the daemon's own choice. */
  readonly hostIp: string | null;
  /** Whether a container may ask for an address: only where somebody chose the subnet. */
  readonly addressesByRequest: boolean;
}

/** The bridges that are open, and the firewall's rules for them. */
export class Bridges {
  readonly #netlink: Netlink;
  readonly #log: Logger;
  readonly #store: NetworkStore;
  readonly #firewall: Firewall;
  readonly #default: BridgeOptions;
  readonly #open = new Map<string, Bridge>();

  constructor(options: {
    readonly netlink: Netlink;
    readonly log: Logger;
    readonly store: NetworkStore;
    readonly firewall: Firewall;
    readonly bridge: BridgeOptions;
  }) {
    this.#netlink = options.netlink;
    this.#log = options.log;
    this.#store = options.store;
    this.#firewall = options.firewall;
    this.#default = options.bridge;
  }

  /**
   * Makes every bridge that there should be, or heals it, and the firewall's table. One of a user-defined network that cannot be
   * made is told of in the log and its network cannot be used; the default one must be there.
   */
  async open(): Promise<void> {
    await this.sweep();
    if (!this.withoutDefault) this.#open.set("bridge", await this.#openDefault());
    for (const record of this.#store.networks()) {
      if (record.details === null) continue;
      try {
        await this.make(record);
      } catch (error) {
        this.#log.error("a network cannot be used, because its bridge cannot be made", { network: record.name, error: messageOf(error) });
      }
    }
    if (this.#open.size > 0) this.rebuild();
  }

  /** `--bridge none`: no default bridge is made on the host. */
  get withoutDefault(): boolean {
    return this.#default.name === "none";
  }

  all(): readonly Bridge[] {
    return [...this.#open.values()];
  }

  /** @throws unavailable when the network's bridge could not be made */
  need(network: string): Bridge {
    const bridge = this.#open.get(network);
    if (bridge === undefined) throw fail("unavailable", `the bridge of the network ${network} is not open`);
    return bridge;
  }

  /** How many bits of a network's addresses are fixed; 0 for one without addresses. */
  prefixLength(network: string | null): number {
    return network === null ? 0 : (this.#open.get(network)?.subnet.network.prefixLength ?? 0);
  }

  /** Makes the bridge of a user-defined network; the firewall knows of it from {@link rebuild} on. */
  async make(record: NetworkRecord): Promise<void> {
    const bridge = bridgeOf(record);
    await openBridge({
      netlink: this.#netlink,
      log: this.#log,
      bridge: { ...this.#default, name: bridge.name, mtu: bridge.mtu },
      subnet: bridge.subnet,
    });
    this.#open.set(record.name, bridge);
  }

  /** Makes the firewall's rules anew for the bridges that are open. */
  rebuild(): void {
    this.#firewall.rebuild(this.all().map(rulesOf));
    this.#firewall.passForeign(true);
  }

  /** Takes a network's bridge away, rules first. One that is gone already is no error; what somebody else made stays. */
  async remove(record: NetworkRecord): Promise<void> {
    if (this.#open.delete(record.name)) this.rebuild();
    const bridge = bridgeOf(record);
    const link = await this.#netlink.link(bridge.name);
    if (link?.kind === "bridge" && link.mac === macOf(bridge.subnet.gateway)) await this.#netlink.removeLink(bridge.name);
  }

  /** Takes away what a daemon that died had begun to make or to remove. */
  async sweep(): Promise<void> {
    for (const record of this.#store.networks()) {
      if (record.state === "ready") continue;
      this.#log.info("removing a network that was half made or half removed", { network: record.name });
      await this.remove(record);
      this.#store.deleteNetwork(record.name);
    }
  }

  async #openDefault(): Promise<Bridge> {
    const [bridge, netlink, log] = [this.#default, this.#netlink, this.#log];
    const record = this.#store.network("bridge");
    const last = record?.subnet != null && record.gateway !== null ? { subnet: record.subnet, gateway: record.gateway } : null;
    const inUse = this.#store.endpoints().some((endpoint) => endpoint.network === "bridge");
    const reserved = this.#store.networks().flatMap(({ details }) => details?.pool.network ?? []);
    const subnet = await findSubnet(netlink, { name: bridge.name, bip: bridge.bip, last, inUse, reserved });
    if (bridge.bip !== null && !bridge.bip.startsWith(`${subnet.gateway}/`)) {
      log.warn("containers still use the bridge's former subnet; the new one is taken when the daemon starts without them", {
        bip: bridge.bip,
        subnet: networkText(subnet.network),
      });
    }
    await openBridge({ netlink, log, bridge, subnet });
    this.#store.setSubnet("bridge", networkText(subnet.network), subnet.gateway);
    return {
      network: "bridge",
      name: bridge.name,
      subnet,
      range: subnet.network,
      reserved: [],
      mtu: bridge.mtu,
      icc: bridge.icc !== false,
      masquerade: bridge.ipMasquerade !== false,
      internal: false,
      hostIp: null,
      addressesByRequest: false,
    };
  }
}

function bridgeOf(record: NetworkRecord): Bridge {
  const { details } = record;
  if (details === null) throw fail("internal", `the network ${record.name} has no bridge of its own`);
  const { settings, pool } = details;
  return {
    network: record.name,
    name: settings.bridge,
    subnet: { network: pool.network, gateway: pool.gateway },
    range: pool.range,
    reserved: pool.reserved,
    mtu: settings.mtu,
    icc: settings.icc,
    masquerade: settings.masquerade,
    internal: details.internal,
    hostIp: settings.hostIp,
    addressesByRequest: details.config !== null,
  };
}

function rulesOf(bridge: Bridge): BridgeRules {
  const { name, subnet, icc, masquerade, internal } = bridge;
  return { bridge: name, subnet: networkText(subnet.network), icc, masquerade, internal };
}
