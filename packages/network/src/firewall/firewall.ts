import type { Logger } from "@berth/base";
import { isErrno, type Nftables } from "@berth/linux";
import { foreignChains, reconcileForeign } from "./foreign-forward.ts";
import { addForwardings, type BridgeRules, deleteForwardings, type Forwarding, ruleset } from "./ruleset.ts";

/** Our nftables table, and our marked rules in others' forward chains. */
export class Firewall {
  readonly #nftables: Nftables;
  readonly #log: Logger;
  readonly #published: () => readonly Forwarding[];
  #bridges: readonly BridgeRules[] | null = null;

  /** @param published what must be led at this moment, from the database */
  constructor(options: { readonly nftables: Nftables; readonly log: Logger; readonly published: () => readonly Forwarding[] }) {
    this.#nftables = options.nftables;
    this.#log = options.log;
    this.#published = options.published;
  }

  /** Makes the table anew from the database in one transaction; heals whatever was flushed or changed. */
  rebuild(bridges: readonly BridgeRules[]): void {
    this.#nftables.run(ruleset(bridges, this.#published()));
    this.#bridges = bridges;
  }

  /** Leads ports to a container. They must be in the database already: a table that is gone is made anew from there. */
  publish(forwardings: readonly Forwarding[]): void {
    this.#change(addForwardings(forwardings));
  }

  /** Stops leading ports. They must be gone from the database already. */
  withdraw(forwardings: readonly Forwarding[]): void {
    this.#change(deleteForwardings(forwardings));
  }

  /** Lets containers through where another program's forward chain drops by default; `wanted` false undoes it. */
  passForeign(wanted: boolean): void {
    if (this.#bridges === null) return;
    const bridges = wanted ? this.#bridges.map(({ bridge }) => bridge) : [];
    const commands = reconcileForeign(this.#listForeign(), bridges);
    if (commands === "") return;
    this.#nftables.run(commands);
    this.#log.info("changed the accepting rules in other programs' forward chains", { bridges });
  }

  #listForeign(): ReturnType<typeof foreignChains> {
    const chains = foreignChains(this.#nftables.list("list chains"));
    return chains.flatMap((chain) => foreignChains(this.#nftables.list(`list chain ${chain.family} ${chain.table} ${chain.name}`)));
  }

  #change(commands: string): void {
    if (commands === "" || this.#bridges === null) return;
    try {
      this.#nftables.run(commands);
    } catch (error) {
      if (!isErrno(error, "ENOENT", "EEXIST")) throw error;
      this.#log.warn("the firewall table was changed by another program and is made anew", { error });
      this.rebuild(this.#bridges);
    }
  }
}
