import { fail } from "@berth/base";
import type { NetworkRecord } from "../network.store.ts";
import type { NetworkContext } from "./create.ts";

/**
 * Removes a user-defined network that no running container is on. The caller sees to it that no other one is made or removed meanwhile.
 * @throws forbidden with Docker's words for one that always exists or is in use
 */
export async function removeNetwork(context: NetworkContext, record: NetworkRecord): Promise<void> {
  const { store, bridges, options } = context;
  const { name, id } = record;
  if (record.details === null) throw fail("forbidden", `${name} is a pre-defined network and cannot be removed`);
  await options.steps.run("network.remove-mark", () => {
    if (!store.markRemoving(name)) {
      throw fail("forbidden", `error while removing network: network ${name} id ${id} has active endpoints`);
    }
  });
  await options.steps.run("network.remove-bridge", () => bridges.remove(record));
  await options.steps.run("network.remove-row", () => store.deleteNetwork(name));
}
