import { availableParallelism } from "node:os";
import { fail, openWorker } from "@berth/base";
import type { UnpackLimits, UnpackReply, UnpackRequest, UnpackResult } from "./messages.ts";

/** More than this many at once only wait for the disk. */
const mostWorkers = 4;
/** A Worker holds some megabytes; it is given back when no image was loaded for so long. */
const idleMs = 10_000;

/** Unpacks layers in Workers of their own, several at a time. */
export interface UnpackPool {
  /** Unpacks `blob` into the empty directory `target`; null only hashes its tar. After an abort nothing writes into it any more. */
  unpack(job: {
    readonly blob: string;
    readonly target: string | null;
    readonly limits: UnpackLimits;
    readonly signal?: AbortSignal | undefined;
  }): Promise<UnpackResult>;
  close(): void;
}

interface Slot {
  readonly worker: Worker;
  settle: ((reply: UnpackReply | Error) => void) | null;
  idleTimer: ReturnType<typeof setTimeout> | null;
}

/** Opens the pool; Workers start when there is work. */
export function openUnpackPool(size: number = Math.min(availableParallelism(), mostWorkers)): UnpackPool {
  const slots = new Set<Slot>();
  const waiting: (() => void)[] = [];
  let running = 0;
  let lastJob = 0;
  let closed = false;

  return {
    async unpack({ blob, target, limits, signal }) {
      await turn();
      try {
        signal?.throwIfAborted();
        if (closed) throw fail("unavailable", "the image store is closed");
        return await run({ kind: "unpack", job: ++lastJob, blob, target, limits }, signal);
      } finally {
        running--;
        waiting.shift()?.();
      }
    },
    close() {
      closed = true;
      for (const slot of slots) retire(slot);
    },
  };

  async function turn(): Promise<void> {
    while (running >= size) await new Promise<void>((resolve) => waiting.push(resolve));
    running++;
  }

  function run(request: Extract<UnpackRequest, { kind: "unpack" }>, signal: AbortSignal | undefined): Promise<UnpackResult> {
    const slot = [...slots].find((candidate) => candidate.settle === null) ?? open();
    if (slot.idleTimer !== null) clearTimeout(slot.idleTimer);
    return new Promise<UnpackResult>((resolve, reject) => {
      const cancel = (): void => slot.worker.postMessage({ kind: "cancel", job: request.job } satisfies UnpackRequest);
      slot.settle = (reply) => {
        slot.settle = null;
        signal?.removeEventListener("abort", cancel);
        if (reply instanceof Error) reject(reply);
        else if (reply.kind === "unpacked") resolve(reply.result);
        else if (reply.kind === "failed") reject(fail(reply.errorKind, reply.message));
        slot.idleTimer = setTimeout(() => retire(slot), idleMs);
        slot.idleTimer.unref();
      };
      slot.worker.ref();
      slot.worker.postMessage(request);
      signal?.addEventListener("abort", cancel, { once: true });
    }).finally(() => slot.worker.unref());
  }

  function open(): Slot {
    const worker = openWorker("packages/images/src/unpack/unpack.worker.ts");
    const slot: Slot = { worker, settle: null, idleTimer: null };
    worker.onmessage = (event: MessageEvent<UnpackReply>): void => slot.settle?.(event.data);
    worker.onerror = (event): void => {
      slots.delete(slot);
      slot.settle?.(fail("internal", `the unpacking worker failed: ${event.message}`));
    };
    slots.add(slot);
    return slot;
  }

  function retire(slot: Slot): void {
    if (slot.idleTimer !== null) clearTimeout(slot.idleTimer);
    slots.delete(slot);
    slot.worker.terminate();
    slot.settle?.(fail("cancelled", "the image store was closed"));
  }
}
