import { fail } from "@berth/base";
import { interruptDump } from "../checkpoints/dumps.ts";
import type { Core } from "../core.ts";
import type { Containers } from "../ports.ts";
import { emitContainerEvent } from "./events.ts";
import { writeCopy } from "./folder.ts";
import { type ContainerRecord, isRunning, processOf } from "./record.ts";
import { parseSignal } from "./signals.ts";
import { endsWithin, killAndWait, thaw } from "./stop/kill-and-wait.ts";
import { sendSignal } from "./stop/send-signal.ts";

type StopOptions = Parameters<Containers["stop"]>[1] & {
  /** Somebody asked for it: restart policies leave the container alone then. */
  readonly byUser: boolean;
};

const defaultTimeoutS = 10;
const maxTimeoutS = 2 ** 31 / 1000 - 1;

/** Stops a container: its stop signal, then after the timeout KILL. Throws not-modified when it does not run. */
export async function stopContainer(core: Core, reference: string, options: Parameters<Containers["stop"]>[1]): Promise<void> {
  const record = core.records.lookup(reference);
  if (!isRunning(record) && record.life.status !== "restarting") {
    throw fail("not-modified", `container ${record.id} is already stopped`);
  }
  await stopRunning(core, record.id, { ...options, byUser: true });
}

/** Stops a container and returns when it has been cleaned up behind; one that has stopped already is no error. */
export async function stopRunning(core: Core, id: string, options: StopOptions): Promise<void> {
  const waiter = core.waiters.add(id, "next-exit");
  try {
    const record = core.records.need(id);
    const signal = parseSignal(options.signal || record.config.StopSignal || "SIGTERM");
    const timeoutS = options.timeoutS ?? record.config.StopTimeout ?? defaultTimeoutS;
    const timeoutMs = timeoutS < 0 ? null : Math.min(timeoutS, maxTimeoutS) * 1000;
    // A checkpoint that is being written has as long as the program would have.
    const dump = core.dumps.underWay(id);
    if (dump !== null && !(await endsWithin(dump, timeoutMs))) interruptDump(core, id);
    const sent = await signalForStop(core, id, { signal, byUser: options.byUser });
    if (sent && !(await endsWithin(waiter.result, timeoutMs))) await killAndWait(core, id);
  } finally {
    waiter.cancel();
  }
  // The lock is free when the exit has been dealt with: only then `stop` is told, as the last of its events.
  await core.locks.run(id, async () => {
    const after = core.records.get(id);
    if (after === null) return;
    emitContainerEvent(core, after, "stop");
    await writeCopy(core, after);
  });
}

async function signalForStop(
  core: Core,
  id: string,
  { signal, byUser }: { readonly signal: number; readonly byUser: boolean },
): Promise<boolean> {
  return core.locks.run(id, async () => {
    const now = core.records.need(id);
    core.restarts.cancel(id);
    const record = byUser ? core.records.update(id, { stoppedByUser: true, backoffMs: 0 }) : now;
    if (record.life.status === "restarting") {
      endRestarting(core, record);
      return false;
    }
    const process = processOf(now);
    if (process === null) return false;
    await core.steps.run("stop.signal", () => sendSignal(core, process, signal));
    emitContainerEvent(core, record, "kill", { signal: String(signal) });
    await thaw(core, id);
    return true;
  });
}

/** Ends the wait for a restart; the caller holds the lock and has cancelled the timer. */
export function endRestarting(core: Core, record: ContainerRecord): void {
  core.records.update(record.id, { life: { status: "exited" } });
  core.waiters.exited(record.id, { exitCode: record.exitCode, error: "", restarts: false });
}
