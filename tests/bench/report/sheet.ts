import type { EngineKind } from "../engines/engine.ts";

/** What one engine showed in one row. */
export interface Outcome {
  readonly values: readonly number[];
  /** Why there is no value. */
  readonly failed?: string;
  /** What has to be known beside the value. */
  readonly note?: string;
}

/** Collects what was measured: for each row and engine all values, or why there are none. */
export class Sheet {
  readonly #outcomes = new Map<string, Map<EngineKind, Outcome>>();
  #closed = false;

  /** One more value. */
  record(row: string, engine: EngineKind, value: number): void {
    const before = this.outcome(row, engine);
    this.#set(row, engine, { ...before, values: [...(before?.values ?? []), value] });
  }

  /** The row cannot be had of this engine; the first reason stays. */
  fail(row: string, engine: EngineKind, reason: string): void {
    if (this.outcome(row, engine)?.failed === undefined) this.#set(row, engine, { values: [], failed: reason });
  }

  /** Something to be known beside the value. */
  note(row: string, engine: EngineKind, note: string): void {
    this.#set(row, engine, { values: [], ...this.outcome(row, engine), note });
  }

  /** Nothing that comes from now on counts. */
  close(): void {
    this.#closed = true;
  }

  outcome(row: string, engine: EngineKind): Outcome | undefined {
    return this.#outcomes.get(row)?.get(engine);
  }

  #set(row: string, engine: EngineKind, outcome: Outcome): void {
    if (this.#closed) return;
    const ofRow = this.#outcomes.get(row) ?? new Map<EngineKind, Outcome>();
    this.#outcomes.set(row, ofRow.set(engine, outcome));
  }
}
