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
 * The subnet to use: `--bip`, else what the bridge has in the kernel, else what it had last when nobody took it, else the
 * first of Docker's pools that no address or route of the host overlaps.
 * @param last subnet and gateway of the time before
 */
export async function findSubnet(
  netlink: Netlink,
  options: {
    readonly name: string;
    readonly bip: string | null;
    readonly last: { readonly subnet: string; readonly gateway: string } | null;
  },
): Promise<Subnet> {
  if (options.bip !== null) {
    const { address, network } = parseCidr(options.bip);
    return { network, gateway: address };
  }
  const bridge = await netlink.link(options.name);
  const [addresses, routes] = [await netlink.addresses(), await netlink.routes()];
  const index = bridge?.index ?? -1;
  const own = addresses.find((address) => address.linkIndex === index && !address.address.includes(":"));
  if (own !== undefined) return { network: parseCidr(`${own.address}/${own.prefixLength}`).network, gateway: own.address };
  const taken = [
    ...addresses.filter((address) => address.linkIndex !== index),
    ...routes.flatMap((route) => (route.destination === null || route.linkIndex === index ? [] : [route.destination])),
  ].flatMap(({ address, prefixLength }) => (address.includes(":") || prefixLength === 0 ? [] : [ipv4Network(address, prefixLength)]));
  if (options.last !== null) {
    const { network } = parseCidr(options.last.subnet);
    if (!taken.some((other) => overlap(network, other))) return { network, gateway: options.last.gateway };
  }
  const network = chooseSubnet(taken);
  return { network, gateway: ipv4Text(network.first + 1) };
}

/** Makes the bridge, its address and its settings; what is there already stays. */
export async function openBridge(options: {
  readonly netlink: Netlink;
  readonly log: Logger;
  readonly bridge: BridgeOptions;
  readonly subnet: Subnet;
}): Promise<void> {
  const { netlink, bridge, subnet, log } = options;
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

function setSysctl(log: Logger, file: string): void {
  try {
    if (fs.readFileSync(file, "utf8").trim() === "1") return;
    fs.writeFileSync(file, "1\n");
    log.info("turned on a network setting", { file });
  } catch (error) {
    log.warn("cannot turn on a network setting; published ports or the way out may not work", { file, error: messageOf(error) });
  }
}
