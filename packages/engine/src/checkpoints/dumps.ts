import type { Core } from "../core.ts";
import { processOf } from "../containers/record.ts";
import { sendSignal } from "../containers/stop/send-signal.ts";

const SIGKILL = 9;

/**
 * Checkpoints whose processes are being written to the disk. Each holds its container's lock for as long as that takes, minutes maybe:
 * whoever ends the container does not wait for it.
 */
export class Dumps {
  readonly #underWay = new Map<string, Promise<void>>();
  readonly #interrupted = new Set<string>();

  /** Writes one; the caller holds the container's lock. */
  async run(id: string, write: () => Promise<void>): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#interrupted.delete(id);
    this.#underWay.set(id, promise);
    try {
      await write();
    } finally {
      this.#underWay.delete(id);
      resolve();
    }
  }

  /** Settles when the one that is under way has ended, either way; null when there is none. */
  underWay(id: string): Promise<void> | null {
    return this.#underWay.get(id) ?? null;
  }

  /** Takes note that the container is ended under it; false when none is under way. */
  interrupt(id: string): boolean {
    if (!this.#underWay.has(id)) return false;
    this.#interrupted.add(id);
    return true;
  }

  /** Whether the last one was interrupted. */
  wasInterrupted(id: string): boolean {
    return this.#interrupted.has(id);
  }
}

/**
 * Kills a container that is being written to the disk, without its lock: criu then fails, and lets go. Its restart policy leaves it
 * alone. False when nothing is being written.
 */
export function interruptDump(core: Core, id: string): boolean {
  const record = core.records.get(id);
  const process = record === null ? null : processOf(record);
  if (process === null || !core.dumps.interrupt(id)) return false;
  core.records.update(id, { stoppedByUser: true, backoffMs: 0 });
  sendSignal(core, process, SIGKILL);
  return true;
}
