import { openNetlink, openNftables } from "@berth/linux";
import { removeTraces } from "@berth/network";

/**
 * `berth debug remove-network [BRIDGE]`: takes away the bridge and the firewall's rules, which outlive the daemon as its containers do.
 * Part of `make uninstall`.
 * @returns the exit code
 */
export async function debugRemoveNetwork(bridge: string): Promise<number> {
  const netlink = openNetlink();
  const nftables = openNftables();
  try {
    await removeTraces({ netlink, nftables, bridge });
  } finally {
    nftables.close();
    await netlink.close();
  }
  return 0;
}
