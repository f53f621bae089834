import { median } from "./kit/statistics.ts";

/** A step as the daemon writes it down. */
export interface ProfiledStep {
  readonly name: string;
  readonly depth: number;
  readonly atMs: number;
  readonly tookMs: number;
}

/** One time that an operation was done. */
export interface Round {
  readonly beganMs: number;
  readonly endedMs: number;
  /** What the client got, and when, since the beginning. */
  readonly marks: readonly { readonly what: string; readonly atMs: number }[];
  steps?: readonly ProfiledStep[];
}

interface Row {
  readonly text: string;
  readonly beginsMs: number[];
  readonly takesMs: number[];
}

/**
 * Steps and answers in the order in which they begin: when (since the operation began), how long, what. A step that is indented
 * is part of the one above it; what begins while another still runs goes on beside it.
 */
export function profileTable(rounds: readonly Round[]): string {
  const rows = new Map<string, Row>();
  const row = (key: string, text: string): Row => {
    const found = rows.get(key) ?? { text, beginsMs: [], takesMs: [] };
    rows.set(key, found);
    return found;
  };
  for (const { beganMs, steps = [], marks } of rounds) {
    const seen = new Map<string, number>();
    for (const { name, depth, atMs, tookMs } of [...steps].sort((one, other) => one.atMs - other.atMs)) {
      const time = (seen.get(name) ?? 0) + 1;
      seen.set(name, time);
      const found = row(`${name} ${time}`, `${"  ".repeat(depth)}${name}`);
      found.beginsMs.push(atMs - beganMs);
      found.takesMs.push(tookMs);
    }
    for (const { what, atMs } of marks) row(what, `-- ${what}`).beginsMs.push(atMs);
  }
  const often = [...rows.values()].filter(({ beginsMs }) => beginsMs.length * 2 >= rounds.length);
  const lines = often
    .map(({ text, beginsMs, takesMs }) => ({ text, begins: median(beginsMs), takes: takesMs.length === 0 ? null : median(takesMs) }))
    .sort((one, other) => one.begins - other.begins)
    .map(({ text, begins, takes }) => `${cell(begins)}${takes === null ? " ".repeat(10) : cell(takes)}   ${text}`);
  return ["begins at     takes   step (ms, medians)", ...lines].join("\n");
}

function cell(ms: number): string {
  return ms.toFixed(2).padStart(10);
}
