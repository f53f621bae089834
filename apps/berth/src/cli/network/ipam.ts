import { BlockList, isIP } from "node:net";
import type { IpamConfig } from "@berth/spec";

/**
 * Puts ranges, gateways and kept addresses to the subnets that they lie in.
 * @throws in docker's words when one has no subnet
 */
export function ipamConfigs(flags: {
  readonly subnets: readonly string[];
  readonly ranges: readonly string[];
  readonly gateways: readonly string[];
  readonly auxiliary: Readonly<Record<string, string>>;
}): IpamConfig[] {
  const { subnets, ranges, gateways } = flags;
  if (subnets.length < ranges.length || subnets.length < gateways.length) {
    throw new Error("every ip-range or gateway must have a corresponding subnet");
  }
  const configs = new Map<string, IpamConfig>();
  for (const subnet of subnets) {
    if (blockOf(subnet) === null) throw new Error(`invalid subnet ${subnet}: expected an address and a number of bits, like 10.5.0.0/16`);
    for (const other of configs.keys())
      if (lies(addressOf(other), subnet) || lies(addressOf(subnet), other))
        throw new Error("multiple overlapping subnet configuration is not supported");
    configs.set(subnet, { Subnet: subnet });
  }
  const owner = (address: string, what: string): [string, IpamConfig] => {
    const found = [...configs].find(([subnet]) => lies(address, subnet));
    if (found === undefined) throw new Error(`no matching subnet for ${what}`);
    return found;
  };
  for (const range of ranges) {
    const [subnet, config] = owner(addressOf(range), `range ${range}`);
    if (config.IPRange !== undefined)
      throw new Error(`cannot configure multiple ranges (${range}, ${config.IPRange}) on the same subnet (${subnet})`);
    configs.set(subnet, { ...config, IPRange: range });
  }
  for (const gateway of gateways) {
    const [subnet, config] = owner(gateway, `gateway ${gateway}`);
    if (config.Gateway !== undefined)
      throw new Error(`cannot configure multiple gateways (${gateway}, ${config.Gateway}) for the same subnet (${subnet})`);
    configs.set(subnet, { ...config, Gateway: gateway });
  }
  for (const [name, address] of Object.entries(flags.auxiliary)) {
    const [subnet, config] = owner(address, `aux-address ${address}`);
    configs.set(subnet, { ...config, AuxiliaryAddresses: { ...config.AuxiliaryAddresses, [name]: address } });
  }
  return [...configs.values()];
}

function addressOf(subnet: string): string {
  return subnet.split("/", 1)[0] ?? "";
}

function lies(address: string, subnet: string): boolean {
  return isIP(address) !== 0 && (blockOf(subnet)?.check(address, familyOf(address)) ?? false);
}

function blockOf(subnet: string): BlockList | null {
  const [address = "", bits = "", ...rest] = subnet.split("/");
  const family = familyOf(address);
  if (isIP(address) === 0 || rest.length > 0 || !/^\d{1,3}$/.test(bits) || Number(bits) > (family === "ipv4" ? 32 : 128)) return null;
  const block = new BlockList();
  block.addSubnet(address, Number(bits), family);
  return block;
}

function familyOf(address: string): "ipv4" | "ipv6" {
  return isIP(address) === 6 ? "ipv6" : "ipv4";
}
