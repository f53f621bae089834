import { fail, newId, rfc3339OfMs } from "@berth/base";
import type { NetworkCreateRequest } from "@berth/spec";
import { chooseSubnet } from "../address/choose-subnet.ts";
import { ipv4Text, networkText } from "../address/ipv4.ts";
import type { Bridges } from "../bridge/bridges.ts";
import { hostNetworks } from "../bridge/open-bridge.ts";
import type { NetworkRecord, NetworkStore } from "../network.store.ts";
import type { NetworksOptions } from "../open-networks.ts";
import { checkNetworkRequest } from "./check.ts";
import { parseBridgeOptions } from "./options.ts";
import { overlapsAny, type Pool, poolOf, requestedConfig } from "./pool.ts";

/** What the verbs on networks work with. */
export interface NetworkContext {
  readonly options: NetworksOptions;
  readonly store: NetworkStore;
  readonly bridges: Bridges;
}

/**
 * Makes a bridge network: its row, its bridge, its rules. Nothing is left when a part fails; a daemon that dies meanwhile
 * removes the rest at its next start. The caller sees to it that no other network is made or removed meanwhile.
 * @throws what {@link checkNetworkRequest} says; conflict, forbidden with Docker's words
 */
export async function createNetwork(context: NetworkContext, request: NetworkCreateRequest): Promise<NetworkRecord> {
  checkNetworkRequest(request);
  await context.bridges.sweep();
  const { steps } = context.options;
  const record = await draft(context, request);
  await steps.run("network.create-row", () => {
    if (!context.store.ensureNetwork(record)) throw nameConflict(record.name);
  });
  try {
    await steps.run("network.create-bridge", () => context.bridges.make(record));
    await steps.run("network.create-rules", () => context.bridges.rebuild());
    await steps.run("network.create-ready", () => context.store.setReady(record.name));
  } catch (error) {
    await context.bridges.sweep();
    throw error;
  }
  return { ...record, state: "ready" };
}

async function draft(context: NetworkContext, request: NetworkCreateRequest): Promise<NetworkRecord> {
  const { store, options } = context;
  const name = request.Name ?? "";
  if (store.network(name) !== null) throw nameConflict(name);
  const config = requestedConfig(request.IPAM);
  const id = newId();
  const settings = parseBridgeOptions(id, request.Options ?? {}, options.bridge);
  await checkBridgeName(context, { id, bridge: settings.bridge });
  const pool = config === null ? await choosePool(context) : askedPool(context, poolOf(config));
  return {
    name,
    id,
    driver: "bridge",
    createdAt: rfc3339OfMs(options.clock.nowMs()),
    subnet: networkText(pool.network),
    gateway: pool.gateway,
    state: "making",
    details: {
      settings,
      pool,
      config,
      ipamOptions: request.IPAM?.Options ?? null,
      internal: request.Internal === true,
      attachable: request.Attachable === true,
      options: request.Options ?? {},
      labels: request.Labels ?? {},
    },
  };
}

async function checkBridgeName(context: NetworkContext, wanted: { readonly id: string; readonly bridge: string }): Promise<void> {
  const { id, bridge } = wanted;
  const other = context.store.networks().find(({ details }) => details?.settings.bridge === bridge);
  if (other !== undefined) {
    const conflict = `conflicts with network ${other.id} (${bridge}): networks have same bridge name`;
    throw fail("forbidden", `cannot create network ${id} (${bridge}): ${conflict}`);
  }
  if ((await context.options.netlink.link(bridge)) !== null) {
    throw fail("conflict", `cannot create network ${id} (${bridge}): this machine has an interface of that name already`);
  }
}

async function choosePool(context: NetworkContext): Promise<Pool> {
  const taken = [...(await hostNetworks(context.options.netlink)), ...pools(context)];
  const network = chooseSubnet(taken);
  return { network, gateway: ipv4Text(network.first + 1), range: network, reserved: [] };
}

function askedPool(context: NetworkContext, pool: Pool): Pool {
  if (overlapsAny(pool.network, pools(context))) throw fail("forbidden", "Pool overlaps with other one on this address space");
  return pool;
}

/** Subnets of all networks of this engine. */
function pools(context: NetworkContext): Pool["network"][] {
  return [
    ...context.bridges.all().map(({ subnet }) => subnet.network),
    ...context.store.networks().flatMap(({ details }) => details?.pool.network ?? []),
  ];
}

function nameConflict(name: string): Error {
  return fail("conflict", `network with name ${name} already exists`);
}
