import { rmSync, statSync, writeFileSync } from "node:fs";

const reserveBytes = 4 << 20;
const refillMs = 10_000;

/**
 * Room on the disk that is kept for the database: on a full disk an exit could not be recorded and nothing be removed,
 * not even what fills it.
 */
export interface Reserve {
  /** Gives the room back to the file system; false when there was none. */
  give(): boolean;
  /** To be called after changes: takes the room again some time after it was given. */
  refill(): void;
}

/** Keeps the reserve in a file beside the database; without room for it there is none until later. */
export function openReserve(path: string): Reserve {
  let lookAtMs: number | null = fill(path) ? null : performance.now() + refillMs;
  return {
    give: () => {
      if (statSync(path, { throwIfNoEntry: false }) === undefined) return false;
      rmSync(path, { force: true });
      lookAtMs = performance.now() + refillMs;
      return true;
    },
    refill: () => {
      if (lookAtMs === null || performance.now() < lookAtMs) return;
      lookAtMs = fill(path) ? null : performance.now() + refillMs;
    },
  };
}

function fill(path: string): boolean {
  try {
    if (statSync(path, { throwIfNoEntry: false })?.size === reserveBytes) return true;
    writeFileSync(path, Buffer.alloc(reserveBytes, "reserved "), { mode: 0o600 });
    return true;
  } catch {
    // Half of it would take what others need and help nobody.
    rmSync(path, { force: true });
    return false;
  }
}
