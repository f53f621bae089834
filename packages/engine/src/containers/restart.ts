import type { Core } from "../core.ts";
import type { Containers } from "../ports.ts";
import { emitContainerEvent } from "./events.ts";
import { isRunning } from "./record.ts";
import { ensureRequired } from "./requires/ensure.ts";
import { startLocked } from "./start.ts";
import { stopRunning } from "./stop.ts";

/** Stops a container, if it runs, and starts it. */
export async function restartContainer(core: Core, reference: string, options: Parameters<Containers["restart"]>[1]): Promise<void> {
  const record = core.records.lookup(reference);
  const { id } = record;
  await ensureRequired(core, id, { byUser: true });
  core.manualRestarts.add(id);
  try {
    if (isRunning(record) || record.life.status === "restarting") await stopRunning(core, id, { ...options, byUser: true });
    await core.locks.run(id, async () => {
      core.restarts.cancel(id);
      // Somebody else may have started it in between: then it has been restarted.
      const now = core.records.update(id, { stoppedByUser: false, restartCount: 0, backoffMs: 0 });
      if (!isRunning(now)) await startLocked(core, now, { byPolicy: false });
      emitContainerEvent(core, core.records.need(id), "restart");
    });
  } finally {
    core.manualRestarts.delete(id);
  }
}
