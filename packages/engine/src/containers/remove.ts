import { fail } from "@berth/base";
import { interruptDump } from "../checkpoints/dumps.ts";
import { type Core, containerFolder } from "../core.ts";
import type { Containers } from "../ports.ts";
import { refuseChanging } from "./change/progress.ts";
import { releaseResources } from "./cleanup.ts";
import { emitContainerEvent } from "./events.ts";
import type { ContainerRecord } from "./record.ts";
import { unmountIfLast } from "../files/open-view.ts";
import { volumeUsers } from "../volumes/users.ts";
import { killAndWait } from "./stop/kill-and-wait.ts";
import { removeLink } from "./unlink.ts";

/** Removes a container, or with `link` only a link of one. Throws conflict when it runs and `force` is not set, or when it is being removed already. */
export async function removeContainer(core: Core, reference: string, options: Parameters<Containers["remove"]>[1]): Promise<void> {
  if (options.link) return removeLink(core, reference);
  const record = core.records.lookup(reference);
  const { id } = record;
  if (core.removals.has(id)) throw fail("conflict", `removal of container ${reference} is already in progress`);
  core.removals.add(id);
  try {
    if (options.force) await endForRemoval(core, record);
    await core.locks.run(id, async () => {
      const now = core.records.get(id);
      if (now === null) return;
      refuseRunning(now, options.force);
      await removeLocked(core, now, { volumes: options.volumes || now.hostConfig.AutoRemove });
    });
  } finally {
    core.removals.delete(id);
  }
}

function refuseRunning(record: ContainerRecord, force: boolean): void {
  if (!force) refuseChanging(record);
  const { status } = record.life;
  if (status !== "running" && status !== "paused" && status !== "restarting") return;
  const procedure =
    status === "paused"
      ? "Unpause and then stop the container before attempting removal or force remove"
      : "Stop the container before attempting removal or force remove";
  throw fail("conflict", `You cannot remove a ${status} container ${record.id}. ${procedure}`);
}

async function endForRemoval(core: Core, record: ContainerRecord): Promise<void> {
  const { id } = record;
  core.restarts.cancel(id);
  interruptDump(core, id);
  await core.locks.run(id, () => {
    const now = core.records.get(id);
    if (now === null) return;
    core.records.update(id, { stoppedByUser: true, ...(now.life.status === "restarting" ? { life: { status: "exited" } as const } : {}) });
  });
  await killAndWait(core, id);
}

/**
 * Removes a container that does not run; the caller holds its lock. The row goes last: until then a daemon that starts
 * again finishes what was begun. The folder is emptied off the lock's critical path only in so far as a Worker does it.
 */
export async function removeLocked(core: Core, record: ContainerRecord, options: { readonly volumes: boolean }): Promise<void> {
  const { id } = record;
  const dirty = record.intent !== "none";
  await core.steps.run("remove.intent", () => {
    core.records.update(id, { life: { status: "removing" }, intent: options.volumes ? "removing-with-volumes" : "removing" });
  });
  try {
    await core.views.end(id, `container ${id} was removed while its files were being copied`);
    await unmountIfLast(core, id);
    const clean = !dirty || (await releaseResources(core, record, { operation: "remove", events: { network: false, volumes: false } }));
    // Without its row nobody would clean up behind it any more.
    if (!clean) throw fail("unavailable", `container ${id} was not cleaned up behind`);
    core.forwarders.release(id);
    await core.steps.run("remove.folder", () => core.blocking.removeTree(containerFolder(core, id)));
    if (options.volumes) await removeAnonymousVolumes(core, record);
  } catch (error) {
    core.records.update(id, { life: { status: "dead" }, error: `Unable to remove filesystem for ${id}` });
    throw error;
  }
  await core.steps.run("remove.row", () => core.records.delete(id));
  core.images.release(record.imageId, id);
  core.hubs.end(id);
  core.execs.forget(id);
  core.restarts.cancel(id);
  core.stats.removed(id);
  emitContainerEvent(core, record, "destroy");
  core.waiters.removed(id, { exitCode: record.exitCode, error: "" });
}

async function removeAnonymousVolumes(core: Core, record: ContainerRecord): Promise<void> {
  for (const mount of record.mounts) {
    if (mount.type !== "volume" || !mount.anonymous) continue;
    const others = (): string[] => volumeUsers(core, mount.name).filter((id) => id !== record.id);
    if (others().length === 0) await core.volumes.remove(mount.name, others);
  }
}
