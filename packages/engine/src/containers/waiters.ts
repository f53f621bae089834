import type { WaitCondition, WaitResult } from "../ports.ts";

interface Waiter {
  readonly condition: WaitCondition;
  readonly resolve: (result: WaitResult) => void;
}

/** Whoever waits for a container's end, with the exit code that a removed container can no longer tell. */
export class Waiters {
  readonly #byContainer = new Map<string, Set<Waiter>>();

  /** Registers at once. `cancel` forgets it; its promise then never settles. */
  add(id: string, condition: WaitCondition): { readonly result: Promise<WaitResult>; readonly cancel: () => void } {
    const { promise, resolve } = Promise.withResolvers<WaitResult>();
    const waiter: Waiter = { condition, resolve };
    const set = this.#byContainer.get(id) ?? new Set<Waiter>();
    set.add(waiter);
    this.#byContainer.set(id, set);
    return { result: promise, cancel: () => this.#drop(id, waiter) };
  }

  /** The program ended, or its start failed; `restarts`: the container is about to run again, so "not running" is not reached. */
  exited(id: string, outcome: { readonly exitCode: number; readonly error: string; readonly restarts: boolean }): void {
    this.#settle(id, (condition) => condition === "next-exit" || (condition === "not-running" && !outcome.restarts), outcome);
  }

  /** The container is gone. */
  removed(id: string, outcome: { readonly exitCode: number; readonly error: string }): void {
    this.#settle(id, () => true, outcome);
  }

  #settle(id: string, wanted: (condition: WaitCondition) => boolean, outcome: { readonly exitCode: number; readonly error: string }): void {
    const result: WaitResult = { StatusCode: outcome.exitCode, Error: outcome.error === "" ? null : { Message: outcome.error } };
    for (const waiter of this.#byContainer.get(id) ?? []) {
      if (!wanted(waiter.condition)) continue;
      this.#drop(id, waiter);
      waiter.resolve(result);
    }
  }

  #drop(id: string, waiter: Waiter): void {
    const set = this.#byContainer.get(id);
    set?.delete(waiter);
    if (set?.size === 0) this.#byContainer.delete(id);
  }
}
