import { isIPv4 } from "node:net";
import { fail } from "@berth/base";
import type { IpamConfig, NetworkCreateRequest } from "@berth/spec";
import { type Ipv4Network, ipv4Network, ipv4Number, ipv4Text, networkSize, overlap } from "../address/ipv4.ts";

/** Where a network's addresses come from. */
export interface Pool {
  readonly network: Ipv4Network;
  readonly gateway: string;
  /** Containers get addresses from here; the whole network unless it was narrowed. */
  readonly range: Ipv4Network;
  /** Addresses that are never given. */
  readonly reserved: readonly number[];
}

/**
 * Checks the address part of a request.
 * @returns the one subnet that was asked for, null when the engine may choose
 * @throws forbidden, not-found with Docker's words; not-implemented for IPv6
 */
export function requestedConfig(ipam: NetworkCreateRequest["IPAM"]): IpamConfig | null {
  const driver = ipam?.Driver ?? "";
  if (driver !== "" && driver !== "default") throw fail("not-found", `plugin ${JSON.stringify(driver)} not found`);
  if (Object.keys(ipam?.Options ?? {}).length > 0) {
    throw fail("not-implemented", "not supported by this version of Berth: options of the address driver");
  }
  const configs = ipam?.Config ?? [];
  if (configs.some((config) => (config.Subnet ?? "").includes(":"))) {
    throw fail("not-implemented", "not supported by this version of Berth: IPv6 subnets");
  }
  const [config, ...more] = configs;
  if (more.length > 0) throw fail("forbidden", "bridge driver doesn't support multiple subnets");
  return config ?? null;
}

/**
 * The pool that a configuration describes. As in Docker the gateway is the first free address of the range when none is named.
 * @throws invalid with Docker's words
 */
export function poolOf(config: IpamConfig): Pool {
  const network = parseSubnet(config.Subnet ?? "");
  const range = config.IPRange === undefined || config.IPRange === "" ? network : parseSubnet(config.IPRange);
  if (!contains(network, range)) throw fail("invalid", `IP range ${config.IPRange} is not inside of the subnet ${config.Subnet}`);
  const reserved: number[] = [];
  for (const [name, text] of Object.entries(config.AuxiliaryAddresses ?? {})) {
    if (!isIPv4(text)) throw fail("invalid", `invalid auxiliary address (${name}:${text}) in Ipam configuration`);
    if (!has(network, ipv4Number(text)))
      throw fail("invalid", `auxiliary address: (${name}:${text}) must belong to the master pool: ${config.Subnet}`);
    reserved.push(ipv4Number(text));
  }
  return { network, range, reserved, gateway: gatewayOf(config, { network, range, reserved }) };
}

/** Whether a network shares an address with one of the pools. */
export function overlapsAny(network: Ipv4Network, others: readonly Ipv4Network[]): boolean {
  return others.some((other) => overlap(network, other));
}

function gatewayOf(config: IpamConfig, pool: Omit<Pool, "gateway">): string {
  const { network, range, reserved } = pool;
  const last = network.first + networkSize(network) - 1;
  const gateway = config.Gateway ?? "";
  if (gateway !== "") {
    if (!isIPv4(gateway)) throw fail("invalid", `invalid gateway address ${gateway} in Ipam configuration`);
    const number = ipv4Number(gateway);
    if (!has(network, number)) throw fail("invalid", `failed to allocate gateway (${gateway}): Requested address is out of range`);
    if (number === network.first || number === last) {
      throw fail("invalid", `failed to allocate gateway (${gateway}): it is the first or the last address of ${config.Subnet}`);
    }
    if (reserved.includes(number)) throw fail("forbidden", `failed to allocate gateway (${gateway}): Address already in use`);
    return gateway;
  }
  for (let address = range.first; address < range.first + networkSize(range); address++) {
    if (address > network.first && address < last && !reserved.includes(address)) return ipv4Text(address);
  }
  throw fail("invalid", "failed to allocate gateway (): No available addresses on this pool");
}

/** `10.5.0.0/16`, also with an address of it in front of the slash. */
function parseSubnet(text: string): Ipv4Network {
  const [address = "", bits = "", ...rest] = text.split("/");
  const prefixLength = Number(bits);
  if (!isIPv4(address) || !/^\d{1,2}$/.test(bits) || prefixLength > 32 || rest.length > 0) {
    throw fail("invalid", `Invalid subnet ${text} : invalid CIDR address: ${text}`);
  }
  return ipv4Network(address, prefixLength);
}

function contains(outer: Ipv4Network, inner: Ipv4Network): boolean {
  return has(outer, inner.first) && inner.prefixLength >= outer.prefixLength;
}

function has(network: Ipv4Network, address: number): boolean {
  return address >= network.first && address < network.first + networkSize(network);
}
