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
 * Chooses an address: the container's last one when nobody took it, else the lowest that is neither in use nor
 * resting, else the one that has rested longest. Network, gateway and broadcast address are never given.
 * @throws exhausted with Docker's words when every address is in use
 */
export function chooseAddress(options: {
  readonly network: Ipv4Network;
  readonly gateway: number;
  readonly containerId: string;
  readonly nowMs: number;
  /** Ordered by address. */
  readonly uses: readonly AddressUse[];
}): number {
  const { network, gateway } = options;
  const last = network.first + networkSize(network) - 1;
  // The subnet may have been another one when older addresses were given.
  const uses = options.uses.filter((use) => use.address > network.first && use.address < last && use.address !== gateway);
  const own = uses.find((use) => use.containerId === options.containerId && use.releasedAtMs !== null);
  if (own !== undefined) return own.address;
  const kept = new Set(
    uses.filter((use) => use.releasedAtMs === null || options.nowMs - use.releasedAtMs < restMs).map((use) => use.address),
  );
  for (let address = network.first + 1; address < last; address++) {
    if (address !== gateway && !kept.has(address)) return address;
  }
  const resting = uses.filter((use) => use.releasedAtMs !== null).toSorted((a, b) => (a.releasedAtMs ?? 0) - (b.releasedAtMs ?? 0));
  const [oldest] = resting;
  if (oldest === undefined) throw fail("exhausted", "no available IPv4 addresses on this network's address pools: bridge");
  return oldest.address;
}
