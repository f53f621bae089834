import { messageOf } from "@berth/base";
import type { Core } from "../../core.ts";
import { writeCopy } from "../folder.ts";
import type { ContainerRecord } from "../record.ts";
import { ensureRequired } from "../requires/ensure.ts";
import { startFailure } from "../start/failure.ts";
import { startLocked } from "../start.ts";
import { endRestarting } from "../stop.ts";
import { rfc3339 } from "../time.ts";
import { delayAfterMs, startsAgain } from "./policy.ts";

/** Plans the next start of a container in state `restarting`, after the wait that its record names. */
export function planRestart(core: Core, record: ContainerRecord): void {
  const { id } = record;
  core.restarts.schedule(id, record.backoffMs, () => {
    startAgain(core, id).catch((error: unknown) => {
      core.log.warn("container did not start again", { id, error: messageOf(error) });
      // Not even its failure could be written down (a full disk): otherwise it would not wait any more.
      const now = core.records.get(id);
      if (now?.life.status === "restarting") planRestart(core, now);
    });
  });
}

/**
 * Starts a container in state `restarting`, with what it requires. When that fails its policy decides whether it is tried
 * again, with a longer wait, or left: nobody else would.
 */
export async function startAgain(core: Core, id: string): Promise<void> {
  try {
    await ensureRequired(core, id, { byUser: false });
    const start = async (): Promise<void> => {
      const record = core.records.get(id);
      if (record?.life.status !== "restarting" || core.restarts.closed) return;
      // The policy may have been changed during the wait.
      if (isUnwanted(record)) endRestarting(core, record);
      else await startLocked(core, record, { byPolicy: true });
    };
    await core.restarts.start(() => core.locks.run(id, start));
  } catch (error) {
    await core.locks.run(id, () => noteFailure(core, id, error));
  }
}

function isUnwanted(record: ContainerRecord): boolean {
  const { Name } = record.hostConfig.RestartPolicy;
  return (Name === "" || Name === "no") && record.health?.acting !== "restart";
}

async function noteFailure(core: Core, id: string, error: unknown): Promise<void> {
  const record = core.records.get(id);
  // Somebody has stopped, started or removed it meanwhile; a daemon that ends leaves it to the next one.
  if (record?.life.status !== "restarting" || core.restarts.closed) return;
  const { message, exitCode } = startFailure(error);
  const told = { error: message, exitCode, finishedAt: rfc3339(core.clock.nowNs()) };
  if (!startsAgain(core, record, exitCode)) {
    endRestarting(core, core.records.update(id, told));
    return;
  }
  const backoffMs = delayAfterMs(core, record, 0);
  const after = await core.steps.run("restart.row", () =>
    core.records.update(id, { ...told, backoffMs, restartCount: record.restartCount + 1 }),
  );
  core.log.warn("container did not start again", { id, error: message, nextMs: backoffMs });
  planRestart(core, after);
  await writeCopy(core, after);
}
