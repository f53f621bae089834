import type { Netlink, Nftables } from "@berth/linux";
import { foreignChains, reconcileForeign } from "./foreign-forward.ts";
import { table } from "./ruleset.ts";

/**
 * Takes away what the network leaves on the host when the daemon has stopped: the table, our accepts in other programs'
 * chains, and the bridge. Only for removing Berth; containers that still run lose their network.
 * @throws KernelError when the kernel refuses
 */
export async function removeTraces(options: {
  readonly netlink: Pick<Netlink, "links" | "removeLink">;
  readonly nftables: Pick<Nftables, "run" | "list">;
  readonly bridge: string;
}): Promise<void> {
  const { netlink, nftables, bridge } = options;
  nftables.run(`add table ${table}\ndelete table ${table}`);
  const foreign = reconcileForeign(foreignChains(nftables.list("list ruleset")), { bridge, wanted: false });
  if (foreign !== "") nftables.run(foreign);
  if ((await netlink.links()).some((link) => link.name === bridge)) await netlink.removeLink(bridge);
}
