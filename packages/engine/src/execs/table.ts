import { fail } from "@berth/base";
import type { ExecProcess, ExecProcesses } from "@berth/runtime";
import type { ExecCreateRequest } from "@berth/spec";

const finishedMax = 512;
/** Of one container; a client that only ever creates must not fill the memory. */
const createdMax = 512;

/** Where an exec stands. */
export type ExecLife =
  | { readonly status: "created" }
  | { readonly status: "starting" }
  | {
      readonly status: "running";
      readonly process: Pick<ExecProcess, "pid" | "processes" | "resize">;
      readonly startedAt: string;
      /** Whether a client has its streams. */
      readonly attached: boolean;
    }
  | {
      readonly status: "ended";
      readonly exitCode: number;
      readonly pid: number;
      readonly startedAt: string;
      readonly endedMs: number;
      /** What its program left running; null when it never ran. */
      readonly processes: ExecProcesses | null;
    };

/** A program run, or to be run, inside a running container. What an end of the daemon leaves of it is told by `keep.ts`. */
export interface ExecRecord {
  readonly id: string;
  readonly containerId: string;
  readonly createdAt: string;
  readonly request: ExecCreateRequest;
  readonly life: ExecLife;
}

/** All execs; of those that ended only the last 512 are remembered, of those never started 512 of each container. */
export class ExecTable {
  readonly #byId = new Map<string, ExecRecord>();
  readonly #ended: string[] = [];
  readonly #waiting = new Map<string, Set<() => void>>();
  /** Never started, by container, oldest first. */
  readonly #created = new Map<string, Set<string>>();

  add(record: ExecRecord): void {
    this.#byId.set(record.id, record);
    if (record.life.status !== "created") return;
    const created = this.#created.get(record.containerId) ?? new Set();
    this.#created.set(record.containerId, created.add(record.id));
    for (const id of created) {
      if (created.size <= createdMax) break;
      created.delete(id);
      this.#byId.delete(id);
    }
  }

  /** All of them, oldest first. */
  all(): ExecRecord[] {
    return [...this.#byId.values()];
  }

  /** The one with that full id, or null. */
  get(id: string): ExecRecord | null {
    return this.#byId.get(id) ?? null;
  }

  /** Throws not-found with Docker's words. */
  need(id: string): ExecRecord {
    const record = this.#byId.get(id);
    if (record === undefined) throw fail("not-found", `No such exec instance: ${id}`);
    return record;
  }

  set(id: string, life: ExecLife): ExecRecord {
    const before = this.need(id);
    const record: ExecRecord = { ...before, life };
    this.#byId.set(id, record);
    if (before.life.status === "created") this.#started(before);
    if (life.status === "ended") {
      this.#ended.push(id);
      while (this.#ended.length > finishedMax) this.#byId.delete(this.#ended.shift() ?? "");
    }
    for (const wake of this.#waiting.get(id) ?? []) wake();
    return record;
  }

  /** Its program has ended, or could not be started. One that went with its container meanwhile is nobody's business any more. */
  end(id: string, outcome: { readonly exitCode: number; readonly pid: number; readonly endedMs: number }): void {
    const life = this.#byId.get(id)?.life;
    if (life === undefined) return;
    const running = life.status === "running" ? life : null;
    this.set(id, { status: "ended", ...outcome, startedAt: running?.startedAt ?? "", processes: running?.process.processes ?? null });
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
    for (const id of this.#created.get(containerId) ?? []) this.#byId.delete(id);
    this.#created.delete(containerId);
  }

  /** The container is gone. */
  forget(containerId: string): void {
    this.#created.delete(containerId);
    for (const exec of this.#byId.values()) {
      if (exec.containerId === containerId && exec.life.status !== "running") this.#byId.delete(exec.id);
    }
  }

  #started(exec: ExecRecord): void {
    const created = this.#created.get(exec.containerId);
    created?.delete(exec.id);
    if (created?.size === 0) this.#created.delete(exec.containerId);
  }
}
