import { fail } from "@berth/base";
import type { Core } from "../core.ts";
import { volumeUsers } from "./users.ts";

/** Removes a volume that no container has. Throws not-found (unless `force`) and conflict. */
export async function removeVolume(core: Core, name: string, options: { readonly force: boolean }): Promise<void> {
  if (core.volumes.find(name) === null) {
    if (options.force) return;
    throw fail("not-found", `get ${name}: no such volume`);
  }
  await core.volumes.remove(name, () => volumeUsers(core, name));
}
