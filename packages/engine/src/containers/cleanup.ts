import { MNT_DETACH } from "@berth/linux";
import { type Core, containerFolder } from "../core.ts";
import { emitNetworkEvent, emitVolumeEvents } from "./events.ts";
import type { ContainerRecord } from "./record.ts";
import { shmFolder } from "./start/joins.ts";

/**
 * Gives back all that a start took from the kernel: what the runtime keeps, the network, the mount. Each part is tried
 * even if another fails, all of it may be done twice; what fails is logged and left to the next start of the daemon.
 */
export async function releaseResources(
  core: Core,
  record: ContainerRecord,
  options: { readonly operation: "start" | "exit" | "remove"; readonly events: { readonly network: boolean; readonly volumes: boolean } },
): Promise<boolean> {
  const { id } = record;
  const { operation, events } = options;
  let clean = true;
  const attempt = async (what: string, task: () => Promise<void>): Promise<void> => {
    try {
      await core.steps.run(`${operation}.${what}`, task);
    } catch (error) {
      clean = false;
      core.log.error("clean-up failed", { id, step: `${operation}.${what}`, error });
    }
  };
  core.rotation.forget(record);
  await attempt("runtime", () => core.runtime.delete(id));
  // Both can wait for the kernel; neither needs the other.
  await Promise.all([
    attempt("disconnect", () => core.networks.disconnect(id)),
    attempt("unmount", async () => {
      if (!core.views.leaveMount(id)) await core.blocking.unmount(`${containerFolder(core, id)}/rootfs`, MNT_DETACH);
      if (record.hostConfig.IpcMode === "shareable") await core.blocking.unmount(shmFolder(core, id), MNT_DETACH);
    }),
  ]);
  if (events.network) emitNetworkEvent(core, record, "disconnect");
  if (events.volumes) emitVolumeEvents(core, record, "unmount");
  return clean;
}
