import type { Netlink, Nftables } from "@berth/linux";
import { foreignChains, reconcileForeign } from "./foreign-forward.ts";
import { table } from "./ruleset.ts";

/**
 * Takes away what the network leaves on the host when the daemon has stopped: the table, our accepts in other programs'
 * chains, the bridge and those of user-defined networks, which the table names. Only for removing Berth; containers that still run lose their network.
 * @throws KernelError when the kernel refuses
 */
export async function removeTraces(options: {
  readonly netlink: Pick<Netlink, "links" | "removeLink">;
  readonly nftables: Pick<Nftables, "run" | "list">;
  readonly bridge: string;
}): Promise<void> {
  const { netlink, nftables, bridge } = options;
  const bridges = new Set([bridge, ...bridgesIn(nftables)]);
  nftables.run(`add table ${table}\ndelete table ${table}`);
  const foreign = reconcileForeign(foreignChains(nftables.list("list ruleset")), []);
  if (foreign !== "") nftables.run(foreign);
  for (const link of await netlink.links()) if (bridges.has(link.name) && link.kind === "bridge") await netlink.removeLink(link.name);
}

/** Names of the bridges that our table speaks of; none when there is no table. */
function bridgesIn(nftables: Pick<Nftables, "run" | "list">): string[] {
  // So that the listing does not fail.
  nftables.run(`add table ${table}`);
  const listing = JSON.stringify(nftables.list(`list table ${table}`));
  return [...listing.matchAll(/"key":"iifname"\}\},"right":"([A-Za-z0-9_.-]{1,15})"/g)].flatMap(([, name]) => name ?? []);
}
