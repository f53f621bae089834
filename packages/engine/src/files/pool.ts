import { availableParallelism } from "node:os";
import { BerthError, type ErrorKind, openWorker } from "@berth/base";
import { type FilesReply, type FilesRequest, piecesUnderWay, type Task } from "./messages.ts";

/** More than this many at once only wait for the disk. */
const mostWorkers = 4;
/** A Worker holds some megabytes; it is given back when nothing was copied for so long. */
const idleMs = 10_000;

/** A failure in the Worker, with the errno's name of a system call that failed. */
export class FilesError extends BerthError {
  readonly code: string;

  constructor(kind: ErrorKind, code: string, message: string) {
    super(kind, message);
    this.name = "FilesError";
    this.code = code;
  }
}

/** An archive that is being made. */
export interface Reading {
  /** They end early by an error; leaving the loop ends the task. They must be read, or the signal must abort. */
  readonly pieces: AsyncGenerator<Uint8Array>;
  /** Resolves when the task works no more, whether it succeeded or not and whether its pieces were read or not. */
  readonly over: Promise<void>;
}

/** Work on the files of containers, in Workers: several jobs share one, and a client that is slow holds nobody up. */
export interface FilesPool {
  /** A task with one answer. */
  ask<T>(task: Task, signal?: AbortSignal): Promise<T>;
  /** A task that gives an archive. */
  read(task: Task, signal: AbortSignal): Reading;
  /** A task that takes an archive; the source is read as far as it is written. */
  write(task: Task, source: AsyncIterable<Uint8Array>, signal: AbortSignal): Promise<void>;
  close(): void;
}

interface Job {
  onReply(reply: FilesReply): void;
}

interface Slot {
  readonly worker: Worker;
  readonly jobs: Map<number, Job>;
  idleTimer: ReturnType<typeof setTimeout> | null;
}

/** Opens the pool; Workers start when there is work. */
export function openFilesPool(size: number = Math.min(availableParallelism(), mostWorkers)): FilesPool {
  const slots: Slot[] = [];
  let lastJob = 0;

  return { ask, read, write, close: () => slots.splice(0).forEach(retire) };

  async function ask<T>(task: Task, signal?: AbortSignal): Promise<T> {
    const run = begin(task, signal);
    return (await run.result) as T;
  }

  function read(task: Task, signal: AbortSignal): Reading {
    const pieces: Uint8Array[] = [];
    let wake: (() => void) | null = null;
    let over = false;
    const stir = (): void => {
      wake?.();
      wake = null;
    };
    const run = begin(task, signal, (bytes) => {
      pieces.push(bytes);
      stir();
    });
    const ended = run.result.finally(() => {
      over = true;
      stir();
    });
    return { pieces: give(), over: ended.then(nothing, nothing).then(() => undefined) };

    async function* give(): AsyncGenerator<Uint8Array> {
      try {
        for (;;) {
          const piece = pieces.shift();
          if (piece !== undefined) {
            run.post({ kind: "taken", job: run.job });
            yield piece;
          } else if (over) {
            await ended;
            return;
          } else {
            await new Promise<void>((resolve) => {
              wake = resolve;
            });
          }
        }
      } finally {
        run.post({ kind: "cancel", job: run.job });
        // Its descriptors are closed when this is over.
        await ended.catch(nothing);
      }
    }
  }

  async function write(task: Task, source: AsyncIterable<Uint8Array>, signal: AbortSignal): Promise<void> {
    let room = piecesUnderWay;
    let over = false;
    let wake: (() => void) | null = null;
    const stir = (): void => {
      wake?.();
      wake = null;
    };
    const run = begin(task, signal, null, () => {
      room++;
      stir();
    });
    const patience = new Patience(signal);
    const ended = run.result.finally(() => {
      over = true;
      stir();
      patience.end();
    });
    ended.catch(nothing);
    const iterator = source[Symbol.asyncIterator]();
    const packets = new Packets();
    try {
      for (;;) {
        const next = over ? null : await patience.next(iterator);
        if (next === null) break;
        for (const full of packets.take(next.done === true ? null : next.value)) {
          while (room <= 0 && !over)
            await new Promise<void>((resolve) => {
              wake = resolve;
            });
          room--;
          run.post({ kind: "piece", job: run.job, bytes: full }, full);
        }
        if (next.done !== true) continue;
        run.post({ kind: "piece", job: run.job, bytes: null });
        break;
      }
    } catch (error) {
      run.post({ kind: "cancel", job: run.job });
      await ended.catch(nothing);
      throw error;
    } finally {
      patience.forget();
    }
    await ended;
  }

  function begin(
    task: Task,
    signal: AbortSignal | undefined,
    onPiece: ((bytes: Uint8Array) => void) | null = null,
    onTaken: (() => void) | null = null,
  ): {
    readonly job: number;
    readonly result: Promise<unknown>;
    readonly post: (request: FilesRequest, given?: Uint8Array<ArrayBuffer>) => void;
  } {
    const job = ++lastJob;
    const slot = choose();
    const post = (request: FilesRequest, given?: Uint8Array<ArrayBuffer>): void =>
      slot.worker.postMessage(request, given === undefined ? [] : [given.buffer]);
    const cancel = (): void => post({ kind: "cancel", job });
    const result = new Promise<unknown>((resolve, reject) => {
      slot.jobs.set(job, {
        onReply(reply) {
          switch (reply.kind) {
            case "piece":
              onPiece?.(reply.bytes);
              return;
            case "taken":
              onTaken?.();
              return;
            case "done":
              resolve(reply.value);
              return;
            case "failed":
              reject(new FilesError(reply.errorKind, reply.code, reply.message));
              return;
            case "pong":
              return;
          }
        },
      });
      slot.worker.ref();
      post({ kind: "run", job, task });
      signal?.addEventListener("abort", cancel, { once: true });
      if (signal?.aborted === true) cancel();
    }).finally(() => {
      signal?.removeEventListener("abort", cancel);
      slot.jobs.delete(job);
      rest(slot);
    });
    return { job, result, post };
  }

  /** The Worker with the fewest jobs; a new one when all have some and there may be more. */
  function choose(): Slot {
    const [best] = [...slots].sort((a, b) => a.jobs.size - b.jobs.size);
    const slot = best !== undefined && (best.jobs.size === 0 || slots.length >= size) ? best : open();
    if (slot.idleTimer !== null) clearTimeout(slot.idleTimer);
    slot.idleTimer = null;
    return slot;
  }

  function open(): Slot {
    const worker = openWorker("packages/engine/src/files/files.worker.ts");
    const slot: Slot = { worker, jobs: new Map(), idleTimer: null };
    worker.onmessage = (event: MessageEvent<FilesReply>): void => {
      if (event.data.kind !== "pong") slot.jobs.get(event.data.job)?.onReply(event.data);
    };
    worker.onerror = (event): void => {
      slots.splice(slots.indexOf(slot), 1);
      for (const [job, { onReply }] of slot.jobs)
        onReply({ kind: "failed", job, errorKind: "internal", code: "", message: `the worker for files failed: ${event.message}` });
    };
    slots.push(slot);
    return slot;
  }

  function rest(slot: Slot): void {
    if (slot.jobs.size > 0 || !slots.includes(slot)) return;
    slot.worker.unref();
    slot.idleTimer = setTimeout(() => {
      slots.splice(slots.indexOf(slot), 1);
      slot.worker.terminate();
    }, idleMs);
    slot.idleTimer.unref();
  }

  function retire(slot: Slot): void {
    if (slot.idleTimer !== null) clearTimeout(slot.idleTimer);
    slot.worker.terminate();
    for (const [job, { onReply }] of slot.jobs)
      onReply({ kind: "failed", job, errorKind: "cancelled", code: "", message: "the engine is closed" });
  }
}

const packetBytes = 1 << 20;

/** Joins the small pieces that a network brings into large ones, which cross to the Worker without being copied once more. */
class Packets {
  #packet = new Uint8Array(packetBytes);
  #filled = 0;

  /** Takes a piece, null for the end; gives what is full, at the end all that is left. */
  *take(piece: Uint8Array | null): Generator<Uint8Array<ArrayBuffer>> {
    for (let at = 0; piece !== null && at < piece.length; ) {
      const length = Math.min(packetBytes - this.#filled, piece.length - at);
      this.#packet.set(piece.subarray(at, at + length), this.#filled);
      this.#filled += length;
      at += length;
      if (this.#filled === packetBytes) yield this.#give();
    }
    if (piece === null && this.#filled > 0) yield this.#give();
  }

  #give(): Uint8Array<ArrayBuffer> {
    const full = this.#packet.subarray(0, this.#filled);
    this.#packet = new Uint8Array(packetBytes);
    this.#filled = 0;
    return full;
  }
}

const nothing = (): null => null;

/**
 * Waits for the next piece of a source, but not longer than for the end of the work or a signal: a client that sends nothing must
 * not keep a job that has failed, or a container that is being removed.
 */
class Patience {
  readonly #signal: AbortSignal;
  readonly #stop = (): void => this.#interrupt?.(this.#signal.reason as Error);
  #interrupt: ((reason: Error | null) => void) | null = null;

  constructor(signal: AbortSignal) {
    this.#signal = signal;
    signal.addEventListener("abort", this.#stop, { once: true });
  }

  /** The next piece; null when `end` was called first. */
  next(iterator: AsyncIterator<Uint8Array>): Promise<IteratorResult<Uint8Array> | null> {
    return new Promise((resolve, reject) => {
      if (this.#signal.aborted) {
        reject(this.#signal.reason as Error);
        return;
      }
      this.#interrupt = (reason) => (reason === null ? resolve(null) : reject(reason));
      iterator.next().then(resolve, reject);
    });
  }

  end(): void {
    this.#interrupt?.(null);
  }

  forget(): void {
    this.#signal.removeEventListener("abort", this.#stop);
  }
}

/** A failure that says what was copied rather than which system call refused. */
export function withCode(error: unknown, ...codes: readonly string[]): error is FilesError {
  return error instanceof FilesError && codes.includes(error.code);
}
