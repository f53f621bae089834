import { fail, kindOf, messageOf } from "@berth/base";
import { interruptDump } from "../checkpoints/dumps.ts";
import type { Core } from "../core.ts";
import { emitContainerEvent } from "./events.ts";
import { type ContainerRecord, processOf } from "./record.ts";
import { parseSignal } from "./signals.ts";
import { endRestarting } from "./stop.ts";
import { endsWithin, killAndWait, thaw } from "./stop/kill-and-wait.ts";
import { sendSignal } from "./stop/send-signal.ts";

const SIGKILL = 9;

/**
 * Sends a signal to a container's first process. After KILL, which nothing survives, it returns when the container has
 * ended. Throws conflict when it does not run, invalid for a bad signal.
 */
export async function killContainer(core: Core, reference: string, signalText: string): Promise<void> {
  const signal = parseSignal(signalText === "" ? "SIGKILL" : signalText);
  const { id } = lookup(core, reference);
  const waiter = core.waiters.add(id, "next-exit");
  try {
    const interrupted = signal === SIGKILL && interruptDump(core, id);
    const sent = await core.locks.run(id, () => deliver(core, { id, reference, signal, interrupted }));
    if (sent && signal === SIGKILL && !(await endsWithin(waiter.result, 10_000))) await killAndWait(core, id);
  } finally {
    waiter.cancel();
  }
}

function lookup(core: Core, reference: string): ContainerRecord {
  try {
    return core.records.lookup(reference);
  } catch (error) {
    throw fail(kindOf(error), `Cannot kill container: ${reference}: ${messageOf(error)}`, error);
  }
}

async function deliver(
  core: Core,
  {
    id,
    reference,
    signal,
    interrupted,
  }: { readonly id: string; readonly reference: string; readonly signal: number; readonly interrupted: boolean },
): Promise<boolean> {
  const record = core.records.need(id);
  const process = processOf(record);
  const ends = signal === SIGKILL || signal === parseSignal(record.config.StopSignal || "SIGTERM");
  // Its end came before the lock.
  if (process === null && interrupted) return false;
  if (process === null && record.life.status !== "restarting") {
    throw fail("conflict", `Cannot kill container: ${reference}: Container ${id} is not running`);
  }
  if (ends) {
    core.restarts.cancel(id);
    core.records.update(id, { stoppedByUser: true, backoffMs: 0 });
  }
  if (process === null) {
    if (ends) endRestarting(core, core.records.need(id));
    return false;
  }
  if (!sendSignal(core, process, signal) && !interrupted) {
    // It has ended just now; its exit is on the way.
    throw fail("conflict", `Cannot kill container: ${reference}: Container ${id} is not running`);
  }
  emitContainerEvent(core, record, "kill", { signal: String(signal) });
  if (ends) await thaw(core, id);
  return true;
}
