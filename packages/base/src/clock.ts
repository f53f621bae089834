import { readFileSync } from "node:fs";

/** The clocks of the machine, passed in so that tests can turn them. */
export interface Clock {
  /** Milliseconds since the epoch. */
  nowMs(): number;
  /** Nanoseconds since the epoch; never the same value twice from one clock. */
  nowNs(): bigint;
  /**
   * Milliseconds since the machine booted, give or take ten. Nobody can set this clock, and it is the same one after the
   * daemon was started anew: what has to last so long, or be so long ago, is measured by it.
   */
  monotonicMs(): number;
  /** Calls `task` once when so many milliseconds of the monotonic clock have passed. @returns what takes that back */
  after(delayMs: number, task: () => void): () => void;
}

/** Longest time that a timer of the event loop can take. */
const longestTimerMs = 2 ** 31 - 1;

/** The machine's clocks; nanoseconds come from the monotonic clock between two readings of the wall clock. */
export function systemClock(): Clock {
  let last = 0n;
  const bootedMs = uptimeMs() - performance.now();
  return {
    nowMs: () => Date.now(),
    nowNs: () => {
      const now = BigInt(Math.round((performance.timeOrigin + performance.now()) * 1000)) * 1000n;
      const wall = BigInt(Date.now()) * 1_000_000n;
      // performance.now() does not follow clock changes; the wall clock wins when they are apart.
      const chosen = now - wall > 50_000_000n || wall - now > 50_000_000n ? wall : now;
      last = chosen > last ? chosen : last - chosen > 1_000_000_000n ? chosen : last + 1n;
      return last;
    },
    monotonicMs: () => bootedMs + performance.now(),
    after: (delayMs, task) => {
      let timer: Timer;
      const wait = (leftMs: number): void => {
        const nowMs = Math.min(leftMs, longestTimerMs);
        timer = setTimeout(() => (leftMs > nowMs ? wait(leftMs - nowMs) : task()), nowMs);
      };
      wait(Math.max(0, delayMs));
      return () => clearTimeout(timer);
    },
  };
}

/** proc(5): seconds since boot with two digits after the point. */
function uptimeMs(): number {
  return Number(readFileSync("/proc/uptime", "utf8").split(" ")[0]) * 1000;
}

/** A clock that stands still until it is told to go on; for tests. */
export interface FakeClock extends Clock {
  /** Lets time pass on both clocks; what is due is called in its order, and may ask for more. */
  advance(ms: number): void;
  /** Sets the wall clock; the monotonic one goes on as if nothing had happened. */
  setWallMs(ms: number): void;
  /** How many tasks wait. */
  readonly pending: number;
}

/** Makes a {@link FakeClock} that shows `wallMs` and was booted a thousand seconds ago. */
export function fakeClock(wallMs: number = Date.UTC(2026, 0, 1)): FakeClock {
  let monotonic = 1_000_000;
  let offset = wallMs - monotonic;
  let sameNs = 0n;
  const tasks = new Map<number, { readonly atMs: number; readonly task: () => void }>();
  let next = 0;
  return {
    nowMs: () => monotonic + offset,
    nowNs: () => BigInt(monotonic + offset) * 1_000_000n + sameNs++,
    monotonicMs: () => monotonic,
    after: (delayMs, task) => {
      const key = next++;
      tasks.set(key, { atMs: monotonic + Math.max(0, delayMs), task });
      return () => void tasks.delete(key);
    },
    advance: (ms) => {
      const end = monotonic + ms;
      for (;;) {
        const due = [...tasks].filter(([, { atMs }]) => atMs <= end).sort(([a, one], [b, other]) => one.atMs - other.atMs || a - b)[0];
        if (due === undefined) break;
        tasks.delete(due[0]);
        monotonic = due[1].atMs;
        due[1].task();
      }
      monotonic = end;
    },
    setWallMs: (ms) => {
      offset = ms - monotonic;
    },
    get pending() {
      return tasks.size;
    },
  };
}

/** A time in RFC 3339, UTC, as Go writes it into JSON: without zeros at the fraction's end (time.RFC3339Nano). */
export function rfc3339OfMs(timeMs: number): string {
  return new Date(timeMs).toISOString().replace(/\.?0*Z$/, "Z");
}
