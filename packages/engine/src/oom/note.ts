import type { Core } from "../core.ts";
import { emitContainerEvent } from "../containers/events.ts";
import { type ContainerRecord, isRunning } from "../containers/record.ts";

/**
 * Notes that a running container's memory ran out, and tells of it. Without the container's lock: whoever holds it (a stop
 * that waits) would keep the news back, and nothing else changes the flag while it runs.
 */
export async function noteOutOfMemory(core: Pick<Core, "bus" | "records" | "steps">, record: ContainerRecord): Promise<void> {
  const { id } = record;
  await core.steps.run("oom.row", () => {
    const now = core.records.get(id);
    if (now === null || !isRunning(now) || now.startedAt !== record.startedAt) return;
    emitContainerEvent(core, now.oomKilled ? now : core.records.update(id, { oomKilled: true }), "oom");
  });
}
