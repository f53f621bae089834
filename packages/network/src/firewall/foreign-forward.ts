/** A base chain at the forward hook that belongs to another program and drops what it does not know. */
export interface ForeignChain {
  readonly family: string;
  readonly table: string;
  readonly name: string;
  readonly dropsByDefault: boolean;
  /** The rules in it that carry our mark. */
  readonly marked: readonly { readonly handle: number; readonly mark: string }[];
}

/** First word of our rules' comments; the bridge's name may follow. */
const mark = "berth";

/** Which way a rule looks. */
const directions = ["iifname", "oifname"] as const;

/**
 * Finds other programs' filter chains at the forward hook in `nft -j list ruleset`: an accept in our own table
 * ends only our table, so a policy of drop there (Docker, ufw) would stop containers.
 * @param listing parsed JSON of libnftables-json(5)
 */
export function foreignChains(listing: unknown): ForeignChain[] {
  const chains = new Map<
    string,
    { family: string; table: string; name: string; dropsByDefault: boolean; marked: { handle: number; mark: string }[] }
  >();
  for (const entry of entriesOf(listing)) {
    const chain = objectAt(entry, "chain");
    if (chain === null || chain["hook"] !== "forward" || chain["type"] !== "filter") continue;
    const { family, table, name } = namesOf(chain, "name");
    if ((family !== "ip" && family !== "inet") || (family === "ip" && table === "berth")) continue;
    chains.set(`${family} ${table} ${name}`, { family, table, name, dropsByDefault: chain["policy"] === "drop", marked: [] });
  }
  for (const entry of entriesOf(listing)) {
    const rule = objectAt(entry, "rule");
    const comment = rule === null ? null : rule["comment"];
    if (rule === null || typeof comment !== "string" || comment.split(" ", 1)[0] !== mark || typeof rule["handle"] !== "number") continue;
    const { family, table, name } = namesOf(rule, "chain");
    chains.get(`${family} ${table} ${name}`)?.marked.push({ handle: rule["handle"], mark: comment });
  }
  return [...chains.values()];
}

/**
 * Commands that put our marked accepts first in each chain that drops by default, and take them out of others. Our
 * own forward chain has judged these packets already or will: whichever order, a drop there stays a drop.
 * @param bridges those that need them; none takes all of them out
 */
export function reconcileForeign(chains: readonly ForeignChain[], bridges: readonly string[]): string {
  const commands: string[] = [];
  for (const chain of chains) {
    const wanted = chain.dropsByDefault ? bridges.flatMap((bridge) => directions.map((direction) => ({ bridge, direction }))) : [];
    const found = chain.marked.map((rule) => rule.mark).toSorted();
    if (Bun.deepEquals(found, wanted.map(({ bridge }) => markOf(bridge)).toSorted())) continue;
    const place = `${chain.family} ${chain.table} ${chain.name}`;
    for (const { handle } of chain.marked) commands.push(`delete rule ${place} handle ${handle}`);
    for (const { bridge, direction } of wanted) {
      commands.push(`insert rule ${place} ${direction} "${bridge}" counter accept comment "${markOf(bridge)}"`);
    }
  }
  return commands.join("\n");
}

function markOf(bridge: string): string {
  return `${mark} ${bridge}`;
}

function entriesOf(listing: unknown): readonly unknown[] {
  const entries = isObject(listing) ? listing["nftables"] : null;
  return Array.isArray(entries) ? entries : [];
}

function objectAt(value: unknown, key: string): Readonly<Record<string, unknown>> | null {
  const inner = isObject(value) ? value[key] : null;
  return isObject(inner) ? inner : null;
}

function namesOf(value: Readonly<Record<string, unknown>>, nameKey: string): { family: string; table: string; name: string } {
  return { family: String(value["family"]), table: String(value["table"]), name: String(value[nameKey]) };
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null;
}
