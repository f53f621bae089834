import { fail } from "@berth/base";
import type { ExecProcess } from "@berth/runtime";
import type { ExecCreateRequest } from "@berth/spec";

const finishedMax = 512;

/** Where an exec stands. */
export type ExecLife =
  | { readonly status: "created" }
  | { readonly status: "starting" }
  | { readonly status: "running"; readonly process: ExecProcess }
  | { readonly status: "ended"; readonly exitCode: number; readonly pid: number };

/** A program run, or to be run, inside a running container. Not on disk: it does not outlive the daemon's memory of it. */
export interface ExecRecord {
  readonly id: string;
  readonly containerId: string;
  readonly request: ExecCreateRequest;
  readonly life: ExecLife;
}

/** All execs; of those that ended only the last 512 are remembered. */
export class ExecTable {
  readonly #byId = new Map<string, ExecRecord>();
  readonly #ended: string[] = [];
  readonly #waiting = new Map<string, Set<() => void>>();

  add(record: ExecRecord): void {
    this.#byId.set(record.id, record);
  }

  /** Throws not-found with Docker's words. */
  need(id: string): ExecRecord {
    const record = this.#byId.get(id);
    if (record === undefined) throw fail("not-found", `No such exec instance: ${id}`);
    return record;
  }

  set(id: string, life: ExecLife): ExecRecord {
    const record: ExecRecord = { ...this.need(id), life };
    this.#byId.set(id, record);
    if (life.status === "ended") {
      this.#ended.push(id);
      while (this.#ended.length > finishedMax) this.#byId.delete(this.#ended.shift() ?? "");
    }
    for (const wake of this.#waiting.get(id) ?? []) wake();
    return record;
  }

  /** Its program has ended, or could not be started. One that went with its container meanwhile is nobody's business any more. */
  end(id: string, outcome: { readonly exitCode: number; readonly pid: number }): void {
    if (this.#byId.has(id)) this.set(id, { status: "ended", ...outcome });
  }

  /** Resolves at the next change of an exec, or after `timeoutMs`. */
  async changed(id: string, timeoutMs: number): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    const set = this.#waiting.get(id) ?? new Set<() => void>();
    this.#waiting.set(id, set.add(resolve));
    const timer = setTimeout(resolve, timeoutMs);
    try {
      await promise;
    } finally {
      clearTimeout(timer);
      set.delete(resolve);
      if (set.size === 0) this.#waiting.delete(id);
    }
  }

  /** Ids of a container's execs that have not ended, oldest first. */
  ofContainer(containerId: string): string[] {
    return [...this.#byId.values()]
      .filter((exec) => exec.containerId === containerId && exec.life.status !== "ended")
      .map((exec) => exec.id);
  }

  /** The container has ended: what was never started cannot be started any more. */
  containerEnded(containerId: string): void {
    for (const exec of this.#byId.values()) {
      if (exec.containerId === containerId && exec.life.status === "created") this.#byId.delete(exec.id);
    }
  }

  /** The container is gone. */
  forget(containerId: string): void {
    for (const exec of this.#byId.values()) {
      if (exec.containerId === containerId && exec.life.status !== "running") this.#byId.delete(exec.id);
    }
  }
}
