import fs from "node:fs";
import { type Logger, messageOf } from "@berth/base";
import type { Netlink } from "@berth/linux";
import { chooseSubnet } from "../address/choose-subnet.ts";
import { type Ipv4Network, ipv4Network, ipv4Text, macOf, networkText, overlap, parseCidr } from "../address/ipv4.ts";
import type { BridgeOptions } from "../ports.ts";

/** The bridge's subnet and its own address in it. */
export interface Subnet {
  readonly network: Ipv4Network;
  readonly gateway: string;
}

/**
 * The subnet to use: what the bridge has in the kernel while containers use it, else `--bip`, else what the bridge has,
 * else what it had last when nobody took it, else the first of Docker's pools that no address or route of the host overlaps.
 */
export async function findSubnet(
  netlink: Netlink,
  options: {
    readonly name: string;
    readonly bip: string | null;
    /** Subnet and gateway of the time before. */
    readonly last: { readonly subnet: string; readonly gateway: string } | null;
    /** Whether there are containers on the bridge. */
    readonly inUse: boolean;
    /** Subnets of other networks, whose bridges may not be there yet. */
    readonly reserved: readonly Ipv4Network[];
  },
): Promise<Subnet> {
  const given = options.bip === null ? null : parseCidr(options.bip);
  const bridge = await netlink.link(options.name);
  const addresses = await netlink.addresses();
  const index = bridge?.index ?? -1;
  const own = addresses.find((address) => address.linkIndex === index && !address.address.includes(":"));
  if (own !== undefined && (options.inUse || given === null)) {
    return { network: ipv4Network(own.address, own.prefixLength), gateway: own.address };
  }
  if (given !== null) return { network: given.network, gateway: given.address };
  const taken = [...(await hostNetworks(netlink, index)), ...options.reserved];
  if (options.last !== null) {
    const { network } = parseCidr(options.last.subnet);
    if (!taken.some((other) => overlap(network, other))) return { network, gateway: options.last.gateway };
  }
  const network = chooseSubnet(taken);
  return { network, gateway: ipv4Text(network.first + 1) };
}

/** Networks of the host's addresses and routes, but those of one link. */
export async function hostNetworks(netlink: Netlink, exceptIndex: number | null = null): Promise<Ipv4Network[]> {
  const [addresses, routes] = [await netlink.addresses(), await netlink.routes()];
  return [
    ...addresses.filter((address) => address.linkIndex !== exceptIndex),
    ...routes.flatMap((route) => (route.destination === null || route.linkIndex === exceptIndex ? [] : [route.destination])),
  ].flatMap(({ address, prefixLength }) => (address.includes(":") || prefixLength === 0 ? [] : [ipv4Network(address, prefixLength)]));
}

/** Makes the bridge, its address and its settings; a bridge that is there stays, unless it has another address. */
export async function openBridge(options: {
  readonly netlink: Netlink;
  readonly log: Logger;
  readonly bridge: BridgeOptions;
  readonly subnet: Subnet;
}): Promise<void> {
  const { netlink, bridge, subnet, log } = options;
  const found = await netlink.link(bridge.name);
  if (found !== null && (await hasOtherAddress(netlink, found.index, subnet))) await netlink.removeLink(bridge.name);
  if ((await netlink.link(bridge.name)) === null) {
    await netlink.createBridge({ name: bridge.name, mac: macOf(subnet.gateway), mtu: bridge.mtu });
    log.info("made the bridge", { name: bridge.name, subnet: networkText(subnet.network) });
  }
  await netlink.addAddress(bridge.name, { address: subnet.gateway, prefixLength: subnet.network.prefixLength });
  await netlink.setLinkUp(bridge.name);
  // A published port is reached from 127.0.0.1 by a packet that leaves by the bridge with a loopback source.
  setSysctl(log, `/proc/sys/net/ipv4/conf/${bridge.name}/route_localnet`);
  if (bridge.ipForward !== false) setSysctl(log, "/proc/sys/net/ipv4/ip_forward");
}

async function hasOtherAddress(netlink: Netlink, linkIndex: number, subnet: Subnet): Promise<boolean> {
  const own = (await netlink.addresses()).filter((address) => address.linkIndex === linkIndex && !address.address.includes(":"));
  return own.some((address) => address.address !== subnet.gateway || address.prefixLength !== subnet.network.prefixLength);
}

function setSysctl(log: Logger, file: string): void {
  try {
    if (fs.readFileSync(file, "utf8").trim() === "1") return;
    fs.writeFileSync(file, "1\n");
    log.info("turned on a network setting", { file });
  } catch (error) {
    log.warn("cannot turn on a network setting; published ports or the way out may not work", { file, error: messageOf(error) });
  }
}
