import { fail } from "@berth/base";
import { type Ipv4Network, overlap, parseCidr } from "./ipv4.ts";

/** Docker's own list of pools: /16 from 172.17 to 172.31, then /20 in 192.168. */
const pools: readonly string[] = [
  ...Array.from({ length: 15 }, (_, index) => `172.${17 + index}.0.0/16`),
  ...Array.from({ length: 16 }, (_, index) => `192.168.${index * 16}.0/20`),
];

/**
 * The first pool that overlaps with none of the networks in use.
 * @param taken networks of the host's addresses and routes
 * @throws exhausted with Docker's words when all are taken
 */
export function chooseSubnet(taken: readonly Ipv4Network[]): Ipv4Network {
  for (const pool of pools) {
    const { network } = parseCidr(pool);
    if (!taken.some((other) => overlap(network, other))) return network;
  }
  throw fail("exhausted", "could not find an available, non-overlapping IPv4 address pool among the defaults to assign to the network");
}
