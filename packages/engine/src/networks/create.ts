import type { NetworkCreateRequest } from "@berth/spec";
import type { Core } from "../core.ts";

/** Makes a network and tells of it. Throws what the network room says, in Docker's words. */
export async function createNetwork(core: Core, request: NetworkCreateRequest): Promise<{ readonly id: string }> {
  const { id, name, driver } = await core.networks.create(request);
  core.bus.emit({ type: "network", action: "create", id, attributes: { name, type: driver } });
  return { id };
}
