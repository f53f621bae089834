import type { Core } from "../core.ts";

/** Removes a network and tells of it. Throws what the network room says, in Docker's words. */
export async function removeNetwork(core: Core, reference: string): Promise<void> {
  const { id, name, driver } = await core.networks.remove(reference);
  core.bus.emit({ type: "network", action: "destroy", id, attributes: { name, type: driver } });
}
