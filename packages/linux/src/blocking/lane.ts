import { type Deferred, deferred, fail, openWorker } from "@berth/base";
import { KernelError } from "../kernel-error.ts";
import type { Failure, Operations, Reply, Request } from "./operations.ts";

/** One Worker and what waits for it. */
export interface Lane {
  call<Name extends keyof Operations>(name: Name, args: Parameters<Operations[Name]>): Promise<ReturnType<Operations[Name]>>;
  /** Resolves when the Worker runs. */
  warm(): Promise<void>;
  /** Ends the Worker when all calls are answered; later calls are refused. */
  close(): Promise<void>;
}

interface Running {
  readonly worker: Worker;
  readonly calls: Map<number, Deferred<unknown>>;
  readonly pings: Deferred<void>[];
}

/**
 * A lane whose Worker starts with the first use, and again after it died. A Worker takes 3 to 5 MB: with `idleMs` it ends
 * when nothing was asked of it for that long.
 */
export function createLane({ idleMs }: { readonly idleMs?: number } = {}): Lane {
  let running: Running | null = null;
  let lastId = 0;
  let closed = false;
  let idle: Timer | null = null;

  /** Lets the process end, and the Worker after a while, when nobody waits for it. */
  function rest(resting: Running): void {
    if (resting.calls.size > 0 || resting.pings.length > 0) return;
    resting.worker.unref();
    if (idleMs === undefined) return;
    idle = setTimeout(() => {
      if (running === resting) running = null;
      resting.worker.terminate();
    }, idleMs);
    idle.unref();
  }

  function start(): Running {
    const worker = openWorker("packages/linux/src/blocking/blocking.worker.ts");
    const started: Running = { worker, calls: new Map(), pings: [] };
    worker.onmessage = (event: MessageEvent<Reply>) => {
      settle(started, event.data);
      rest(started);
    };
    worker.onerror = (event: ErrorEvent) => {
      if (running === started) running = null;
      const error = fail("internal", `The worker for blocking calls died: ${event.message}`);
      for (const call of started.calls.values()) call.reject(error);
      for (const ping of started.pings) ping.reject(error);
      worker.terminate();
    };
    return started;
  }

  function post(request: Request): Running {
    if (closed) throw fail("internal", "The workers for blocking calls are closed.");
    if (idle !== null) clearTimeout(idle);
    running ??= start();
    // The Worker keeps the process alive exactly while somebody waits for it.
    running.worker.ref();
    running.worker.postMessage(request);
    return running;
  }

  return {
    call: async <Name extends keyof Operations>(name: Name, args: Parameters<Operations[Name]>) => {
      const id = ++lastId;
      const answer = deferred<unknown>();
      post({ kind: "call", id, operation: name, args }).calls.set(id, answer);
      return (await answer.promise) as ReturnType<Operations[Name]>;
    },
    warm: async () => {
      const answer = deferred<void>();
      post({ kind: "ping" }).pings.push(answer);
      await answer.promise;
    },
    close: async () => {
      closed = true;
      if (idle !== null) clearTimeout(idle);
      const last = running;
      if (last === null) return;
      await Promise.allSettled([...last.calls.values(), ...last.pings].map((waiting) => waiting.promise));
      running = null;
      last.worker.terminate();
    },
  };
}

function settle({ calls, pings }: Running, reply: Reply): void {
  if (reply.kind === "pong") pings.shift()?.resolve();
  else {
    const call = calls.get(reply.id);
    calls.delete(reply.id);
    if (reply.kind === "done") call?.resolve(reply.value);
    else call?.reject(errorOf(reply.failure));
  }
}

function errorOf(failure: Failure): Error {
  return failure.kernel ? new KernelError(failure) : fail(failure.kind, failure.message);
}
