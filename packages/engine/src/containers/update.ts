import { fail, kindOf, messageOf } from "@berth/base";
import type { CgroupLimits } from "@berth/linux";
import type { ContainerUpdateRequest, HostConfig } from "@berth/spec";
import { type Core, cgroupPath } from "../core.ts";
import { refuseChanging } from "./change/progress.ts";
import { emitContainerEvent } from "./events.ts";
import { writeCopy } from "./folder.ts";
import { type ContainerRecord, processOf } from "./record.ts";
import { checkUpdate } from "./update/check-update.ts";
import { allLimits, changedLimits } from "./update/limits.ts";
import { mergeUpdate } from "./update/merge-update.ts";

/**
 * Changes limits and restart policy of a container, running or not. All of it holds afterwards, in the kernel and in the
 * row, or nothing has changed. Throws invalid, conflict and what the kernel refuses, in Docker's words.
 */
export async function updateContainer(
  core: Core,
  reference: string,
  request: ContainerUpdateRequest,
): Promise<{ readonly warnings: readonly string[] }> {
  const { id } = core.records.lookup(reference);
  const { wanted, warnings } = checkUpdate(core, request);
  await core.locks.run(id, async () => {
    const record = core.records.need(id);
    try {
      if (record.life.status === "removing" || record.life.status === "dead") {
        throw fail("conflict", 'container is marked for removal and cannot be "update"');
      }
      refuseChanging(record);
      const after = await applyUpdate(core, record, mergeUpdate(record.hostConfig, wanted));
      emitContainerEvent(core, after, "update");
      await writeCopy(core, after);
    } catch (error) {
      throw fail(kindOf(error), `Cannot update container ${id}: ${messageOf(error)}`, error);
    }
  });
  return { warnings };
}

/**
 * Gives a container a configuration with other limits, in the kernel and in the row. The caller holds the lock.
 * @param write writes the row; what else the caller changes goes with it
 */
export async function applyUpdate(
  core: Core,
  record: ContainerRecord,
  hostConfig: HostConfig,
  write: (change: Partial<ContainerRecord>) => ContainerRecord = (change) => core.records.update(record.id, change),
): Promise<ContainerRecord> {
  const { id } = record;
  // What an update could not take back may be in the kernel still.
  const unsure = record.intent === "updating";
  const limits = unsure ? allLimits(hostConfig) : changedLimits(record.hostConfig, hostConfig);
  if (processOf(record) === null || Object.keys(limits).length === 0) {
    return core.steps.run("update.row", () => write({ hostConfig }));
  }
  // A daemon that ends in between finds the intent, and sets what the row says.
  await core.steps.run("update.intent", () => core.records.update(id, { intent: "updating" }));
  try {
    await core.steps.run("update.limits", () => limitRunning(core, record, limits));
    return await core.steps.run("update.row", () => write({ hostConfig, intent: "none" }));
  } catch (error) {
    await takeBack(core, record, unsure ? allLimits(record.hostConfig) : changedLimits(hostConfig, record.hostConfig));
    throw error;
  }
}

async function limitRunning(core: Core, record: ContainerRecord, limits: CgroupLimits): Promise<void> {
  try {
    await core.cgroups.limit(cgroupPath(core, record), limits);
  } catch (error) {
    // It has just ended: the next start sets them.
    if (kindOf(error) !== "not-found") throw error;
  }
}

async function takeBack(core: Core, record: ContainerRecord, limits: CgroupLimits): Promise<void> {
  try {
    await limitRunning(core, record, limits);
    core.records.update(record.id, { intent: "none" });
  } catch (error) {
    // The intent stays: the next start of the daemon does it.
    core.log.error("limits could not be taken back", { id: record.id, error });
  }
}
