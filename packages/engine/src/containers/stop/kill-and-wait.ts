import { fail } from "@berth/base";
import { type Core, cgroupPath } from "../../core.ts";
import { emitContainerEvent } from "../events.ts";
import { processOf } from "../record.ts";
import { sendSignal } from "./send-signal.ts";

const SIGKILL = 9;
const killWaitMs = 10_000;
const cgroupWaitMs = 10_000;

/** Kills a container's program and waits for its end; what does not end within ten seconds loses its whole cgroup. */
export async function killAndWait(core: Core, id: string): Promise<void> {
  const waiter = core.waiters.add(id, "next-exit");
  try {
    const sent = await core.locks.run(id, async () => {
      const record = core.records.get(id);
      const process = record === null ? null : processOf(record);
      if (record === null || process === null) return false;
      sendSignal(core, process, SIGKILL);
      emitContainerEvent(core, record, "kill", { signal: String(SIGKILL) });
      await thaw(core, id);
      return true;
    });
    if (!sent) return;
    if (await endsWithin(waiter.result, killWaitMs)) return;
    const record = core.records.get(id);
    if (record === null) return;
    await core.cgroups.kill(cgroupPath(core, record));
    if (await endsWithin(waiter.result, cgroupWaitMs)) return;
    throw fail("internal", `cannot kill container: ${id}: tried to kill container, but did not receive an exit event`);
  } finally {
    waiter.cancel();
  }
}

/** Lets a frozen container's processes take their signals; the caller holds the lock. */
export async function thaw(core: Core, id: string): Promise<void> {
  const record = core.records.need(id);
  if (record.life.status !== "paused") return;
  await core.cgroups.freeze(cgroupPath(core, record), false);
  const after = core.records.update(id, { life: { status: "running", process: record.life.process }, heldByCommit: false });
  core.health.watch(after);
  emitContainerEvent(core, after, "unpause");
}

/** Whether a promise settles in time; `null` waits for ever. */
export async function endsWithin(promise: Promise<unknown>, timeoutMs: number | null): Promise<boolean> {
  if (timeoutMs === null) {
    await promise;
    return true;
  }
  let timer: Timer | undefined;
  const late = new Promise<boolean>((resolve) => {
    timer = setTimeout(() => resolve(false), timeoutMs);
  });
  try {
    return await Promise.race([promise.then(() => true), late]);
  } finally {
    clearTimeout(timer);
  }
}
