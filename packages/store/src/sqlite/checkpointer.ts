import { statSync } from "node:fs";
import { openWorker } from "@berth/base";
import type { CheckpointReply, CheckpointRequest } from "./checkpoint.worker.ts";

/** A look at the log's size costs a microsecond; every few changes is enough. */
const changesBetweenLooks = 32;
/** Changes can come faster than the Worker copies them. At this many times the wanted size the caller has to wait. */
const mostTimes = 16;
/** A Worker takes 3 to 5 MB; changes come in bursts. */
const defaultIdleMs = 10_000;

/** Keeps the write-ahead log short without a sync on the caller's thread. */
export interface Checkpointer {
  /** To be called after each change outside a transaction and after each commit. */
  changed(): void;
  close(): void;
}

/** How the log is kept short. */
export interface CheckpointerOptions {
  readonly path: string;
  /** Size of the log from which on it is copied into the database. */
  readonly logBytes: number;
  /** Copies the log on the caller's thread. */
  readonly checkpointNow: () => void;
  /** Called when the Worker cannot do it; the caller's thread must from then on. */
  readonly onFailure: () => void;
  /** How long the Worker stays when there is nothing to copy; it starts anew when there is again. */
  readonly idleMs?: number;
}

/**
 * A checkpoint syncs two files, which takes as long as everybody else's dirty pages want. A Worker does it on a connection of
 * its own; the Worker starts when the log has become long, and ends when it stays short.
 */
export function createCheckpointer(options: CheckpointerOptions): Checkpointer {
  const { path, logBytes, checkpointNow, onFailure, idleMs = defaultIdleMs } = options;
  let worker: Worker | null = null;
  let idle: Timer | null = null;
  let changes = 0;
  let busy = false;
  let closed = false;

  function settle(error: string | null): void {
    busy = false;
    if (error !== null && !closed) onFailure();
    // Not before it is done: an abandoned connection would keep its locks as long as this process lives.
    if (error !== null || closed) stop();
    else idle = setTimeout(stop, idleMs).unref();
  }
  function stop(): void {
    if (idle !== null) clearTimeout(idle);
    idle = null;
    worker?.terminate();
    worker = null;
  }
  function start(): Worker {
    const started = openWorker("packages/store/src/sqlite/checkpoint.worker.ts");
    started.onmessage = (event: MessageEvent<CheckpointReply>) => {
      if (event.data.kind === "done") settle(event.data.error);
    };
    started.onerror = (event: ErrorEvent) => settle(event.message);
    return started;
  }

  return {
    changed: () => {
      if (++changes < changesBetweenLooks) return;
      changes = 0;
      const size = statSync(`${path}-wal`, { throwIfNoEntry: false })?.size ?? 0;
      if (size > logBytes * mostTimes) {
        try {
          checkpointNow();
        } catch {
          // The change itself is made; whoever makes the next one tries again.
        }
      }
      if (busy || size < logBytes) return;
      busy = true;
      if (idle !== null) clearTimeout(idle);
      idle = null;
      worker ??= start();
      const request: CheckpointRequest = { kind: "checkpoint", path };
      worker.postMessage(request);
    },
    close: () => {
      closed = true;
      if (!busy) stop();
    },
  };
}
