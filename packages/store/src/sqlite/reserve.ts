import { rmSync, statSync, writeFileSync } from "node:fs";

const reserveBytes = 4 << 20;
const refillMs = 1_000;

/**
 * Room on the disk that is kept for the database: on a full disk an exit could not be recorded and nothing be removed,
 * not even what fills it.
 */
export interface Reserve {
  /** Gives the room back to the file system, and takes it again as soon as there is enough; false when there was none. */
  give(): boolean;
  close(): void;
}

/** Keeps the reserve in a file beside the database; while there is no room for it, it is tried again. */
export function openReserve(path: string): Reserve {
  let timer: ReturnType<typeof setInterval> | null = null;
  const stop = (): void => {
    if (timer !== null) clearInterval(timer);
    timer = null;
  };
  const wait = (): void => {
    timer ??= setInterval(() => {
      if (fill(path)) stop();
    }, refillMs);
    timer.unref();
  };
  if (!fill(path)) wait();
  return {
    give: () => {
      if (statSync(path, { throwIfNoEntry: false }) === undefined) return false;
      rmSync(path, { force: true });
      wait();
      return true;
    },
    close: stop,
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
