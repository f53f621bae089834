import { isIPv4 } from "node:net";
import { fail } from "@berth/base";

/** An IPv4 network: its first address as a number, and how many bits are fixed. */
export interface Ipv4Network {
  readonly first: number;
  readonly prefixLength: number;
}

/** `172.17.0.2` as a number. The text must be an IPv4 address. */
export function ipv4Number(text: string): number {
  return text.split(".").reduce((sum, part) => sum * 256 + Number(part), 0);
}

/** `172.17.0.2` of a number. */
export function ipv4Text(value: number): string {
  return [24, 16, 8, 0].map((shift) => Math.floor(value / 2 ** shift) % 256).join(".");
}

/**
 * `172.30.0.1/16` as address and network.
 * @throws invalid with Docker's words
 */
export function parseCidr(text: string): { readonly address: string; readonly network: Ipv4Network } {
  const [address = "", bits = ""] = text.split("/");
  const prefixLength = Number(bits);
  if (!isIPv4(address) || !/^\d{1,2}$/.test(bits) || prefixLength > 30) throw fail("invalid", `invalid CIDR address: ${text}`);
  return { address, network: ipv4Network(address, prefixLength) };
}

/** The network that an address is in. */
export function ipv4Network(address: string, prefixLength: number): Ipv4Network {
  const size = 2 ** (32 - prefixLength);
  return { first: Math.floor(ipv4Number(address) / size) * size, prefixLength };
}

/** `172.17.0.0/16`. */
export function networkText(network: Ipv4Network): string {
  return `${ipv4Text(network.first)}/${network.prefixLength}`;
}

/** How many addresses it has. */
export function networkSize(network: Ipv4Network): number {
  return 2 ** (32 - network.prefixLength);
}

/** Whether two networks share an address. */
export function overlap(one: Ipv4Network, other: Ipv4Network): boolean {
  return one.first < other.first + networkSize(other) && other.first < one.first + networkSize(one);
}

/** The MAC address that Docker gives to an address: 02:42 and its four bytes. */
export function macOf(address: string): string {
  const bytes = address.split(".").map((part) => Number(part).toString(16).padStart(2, "0"));
  return `02:42:${bytes.join(":")}`;
}
