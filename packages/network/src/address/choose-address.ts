import { fail } from "@berth/base";
import { type Ipv4Network, networkSize } from "./ipv4.ts";

/** An address that has an owner or had one a moment ago. */
export interface AddressUse {
  readonly address: number;
  readonly containerId: string;
  /** null while it is in use. */
  readonly releasedAtMs: number | null;
}

/** How long a released address rests before another container gets it: packets to the former owner die out. */
export const restMs = 10_000;

/**
 * Chooses an address: the one that was asked for; else the container's last one when nobody took it, else the lowest that is
 * neither in use nor resting, else the one that has rested longest. Network, gateway, broadcast and reserved addresses are never given.
 * @throws exhausted with Docker's words when every address is in use, forbidden when the one that was asked for is
 */
export function chooseAddress(options: {
  /** For messages. */
  readonly name?: string;
  readonly network: Ipv4Network;
  readonly gateway: number;
  /** The part of the network that addresses are chosen from. */
  readonly range?: Ipv4Network;
  readonly reserved?: readonly number[];
  readonly asked?: number | null;
  readonly containerId: string;
  readonly nowMs: number;
  /** Ordered by address. */
  readonly uses: readonly AddressUse[];
}): number {
  const { network, gateway, asked = null, range = network } = options;
  const last = network.first + networkSize(network) - 1;
  const never = new Set([network.first, last, gateway, ...(options.reserved ?? [])]);
  if (asked !== null) {
    const taken = options.uses.some((use) => use.address === asked && use.releasedAtMs === null);
    if (taken || never.has(asked)) throw fail("forbidden", "Address already in use");
    return asked;
  }
  const end = range.first + networkSize(range);
  // The subnet may have been another one when older addresses were given.
  const uses = options.uses.filter((use) => use.address >= range.first && use.address < end && !never.has(use.address));
  const own = uses.find((use) => use.containerId === options.containerId && use.releasedAtMs !== null);
  if (own !== undefined) return own.address;
  const kept = new Set(
    uses.filter((use) => use.releasedAtMs === null || options.nowMs - use.releasedAtMs < restMs).map((use) => use.address),
  );
  for (let address = range.first; address < end; address++) {
    if (!never.has(address) && !kept.has(address)) return address;
  }
  const resting = uses.filter((use) => use.releasedAtMs !== null).toSorted((a, b) => (a.releasedAtMs ?? 0) - (b.releasedAtMs ?? 0));
  const [oldest] = resting;
  if (oldest === undefined)
    throw fail("exhausted", `no available IPv4 addresses on this network's address pools: ${options.name ?? "bridge"}`);
  return oldest.address;
}
