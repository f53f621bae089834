import { fail } from "@berth/base";
import { type Core, cgroupPath } from "../core.ts";
import { uncheckedHealth } from "../health/state.ts";
import { emitContainerEvent } from "./events.ts";
import { writeCopy } from "./folder.ts";
import type { ContainerRecord } from "./record.ts";
import { isRestarting, notRunning } from "./words.ts";

/** Longer than any exec takes to start on a machine that is not overwhelmed. */
const startingExecsMs = 20_000;

/** Freezes all processes of a container. Throws conflict when it does not run or is paused already. */
export async function pauseContainer(core: Core, reference: string): Promise<void> {
  const { id } = core.records.lookup(reference);
  await core.locks.run(id, async () => {
    const record = core.records.need(id);
    const { life } = record;
    if (life.status === "paused") throw fail("conflict", `Container ${id} is already paused`);
    if (life.status === "restarting") throw isRestarting(id);
    if (life.status !== "running") throw notRunning(id);
    // A check that is under way would only time out while its program is frozen.
    await core.health.unwatch(id);
    let after: ContainerRecord;
    try {
      after = await core.startingExecs.whileNone(id, startingExecsMs, async () => {
        await core.steps.run("pause.freeze", () => core.cgroups.freeze(cgroupPath(core, record), true));
        return core.records.update(id, {
          life: { status: "paused", process: life.process },
          health: uncheckedHealth(core.records.need(id).health),
        });
      });
    } catch (error) {
      core.health.watch(record);
      throw error;
    }
    emitContainerEvent(core, after, "pause");
    await writeCopy(core, after);
  });
}

/** Lets a paused container's processes run again. Throws internal (Docker's status) when it is not paused. */
export async function unpauseContainer(core: Core, reference: string): Promise<void> {
  const { id } = core.records.lookup(reference);
  await core.locks.run(id, () => unpauseLocked(core, id));
}

/** The same for a caller that holds the lock. A commit that froze it has no claim on it any more. */
export async function unpauseLocked(core: Core, id: string): Promise<void> {
  const record = core.records.need(id);
  const { life } = record;
  if (life.status !== "paused") throw fail("internal", `Container ${id} is not paused`);
  await core.steps.run("pause.thaw", () => core.cgroups.freeze(cgroupPath(core, record), false));
  const after = core.records.update(id, { life: { status: "running", process: life.process }, heldByCommit: false });
  core.health.watch(after);
  emitContainerEvent(core, after, "unpause");
  await writeCopy(core, after);
}
