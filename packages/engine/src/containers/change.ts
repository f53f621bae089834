import { fail, kindOf, messageOf } from "@berth/base";
import type { ContainerChangeAnswer, ContainerChangeRequest } from "@berth/spec";
import type { Core } from "../core.ts";
import { type ChangePlan, planChange } from "./change/plan.ts";
import { refuseChanging } from "./change/progress.ts";
import { joinTarget } from "./create/joins.ts";
import { recordVolumes, withVolumes } from "./change/volumes.ts";
import { recreate } from "./change/recreate.ts";
import { emitContainerEvent } from "./events.ts";
import { writeCopy } from "./folder.ts";
import { type ContainerRecord, isRunning } from "./record.ts";
import { applyUpdate } from "./update.ts";

/**
 * Changes settings of a container that create fixed: published ports, mounts, environment, labels, log, limits and restart
 * policy. One that runs and cannot take them over is stopped and started anew around the same writable layer and volumes; when
 * it does not start so, it is put back as it was and runs again.
 * @throws not-found, invalid, conflict, and whatever the new start says
 */
export async function changeContainer(
  core: Core,
  reference: string,
  options: { readonly request: ContainerChangeRequest; readonly dryRun: boolean },
): Promise<ContainerChangeAnswer> {
  const { id } = core.records.lookup(reference);
  return core.changes.run(id, () => changeInTurn(core, reference, { ...options, id }));
}

async function changeInTurn(
  core: Core,
  reference: string,
  options: { readonly request: ContainerChangeRequest; readonly dryRun: boolean; readonly id: string },
): Promise<ContainerChangeAnswer> {
  const { request, id } = options;
  try {
    const { plan, restarts } = await core.locks.run(id, async () => {
      const record = core.records.need(id);
      refuse(record);
      const found = planChange(core, record, request);
      const anew = found.needsRestart && isRunning(record);
      if (options.dryRun || found.lines.length === 0) return { plan: found, restarts: anew };
      if (anew) {
        await core.steps.run("change.intent", () => {
          core.records.update(id, { change: { phase: "stopping", previous: null, newVolumes: [], bootId: core.host.bootId } });
        });
      } else {
        await replaceSettings(core, record, found);
      }
      return { plan: found, restarts: anew };
    });
    // Whoever joined its network is looked for before that ends: nobody can join one that is stopped.
    const cutOff = restarts ? joinedNames(core, id) : [];
    if (restarts && !options.dryRun) await recreate(core, id, plan);
    return { Changes: [...plan.lines], Restarts: restarts, Warnings: [...plan.warnings, ...cutOff.map(cutOffWarning)] };
  } catch (error) {
    throw fail(kindOf(error), `Cannot change container ${reference}: ${messageOf(error)}`, error);
  }
}

/** Running containers that share the network of this one. */
function joinedNames(core: Core, id: string): string[] {
  return core.records
    .all()
    .filter((other) => isRunning(other) && joinTarget(other.hostConfig.NetworkMode) === id)
    .map(({ name }) => name)
    .sort();
}

/** As after any other restart, in Docker too: they keep a network that has no other end. */
function cutOffWarning(name: string): string {
  return `WARNING: ${name} shares the network of this container and is without one from its stop on: restart ${name} to join it again`;
}

function refuse(record: ContainerRecord): void {
  const { status } = record.life;
  if (status === "removing" || status === "dead") throw fail("conflict", "container is marked for removal and cannot be changed");
  if (status === "paused") throw fail("conflict", `Container ${record.id} is paused, unpause the container before it is changed`);
  refuseChanging(record);
}

/** For one that does not run, or takes it over as it is. The caller holds the lock. */
async function replaceSettings(core: Core, record: ContainerRecord, plan: ChangePlan): Promise<void> {
  const { id } = record;
  const { settings } = plan;
  const { hostConfig, ...rest } = settings;
  const after = await withVolumes(core, settings.mounts, (volumes) =>
    applyUpdate(core, record, hostConfig, (change) =>
      core.database.transaction(() => {
        recordVolumes(core, settings.mounts, volumes);
        return core.records.update(id, { ...rest, ...change });
      }),
    ),
  );
  if (isRunning(after) && plan.lines.some(({ Kind }) => Kind === "log")) core.rotation.rebound(after);
  emitContainerEvent(core, after, "update");
  await writeCopy(core, after);
}
