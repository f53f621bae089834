import type { ByteSink } from "@berth/http";

const batchBytes = 32 * 1024;

/** Collects small pieces into larger writes; whatever is collected leaves before the event loop idles. */
export interface Batch {
  write(bytes: Uint8Array): Promise<void>;
  /** Writes the rest. */
  flush(): Promise<void>;
}

/** Wraps a sink or connection. Errors of a scheduled write come out of the next call. */
export function batchOf(sink: Pick<ByteSink, "write">): Batch {
  let pieces: Uint8Array[] = [];
  let size = 0;
  let scheduled = false;
  let tail: Promise<void> = Promise.resolve();
  let failure: Error | null = null;

  function send(): Promise<void> {
    if (size > 0) {
      const bytes = pieces.length === 1 && pieces[0] !== undefined ? pieces[0] : Buffer.concat(pieces);
      pieces = [];
      size = 0;
      tail = tail
        .then(() => sink.write(bytes))
        .catch((error: unknown) => {
          failure ??= error instanceof Error ? error : new Error(String(error));
        });
    }
    return tail.then(() => {
      if (failure !== null) throw failure;
    });
  }

  return {
    async write(bytes) {
      if (failure !== null) throw failure;
      pieces.push(bytes);
      size += bytes.length;
      if (size >= batchBytes) {
        await send();
        return;
      }
      if (scheduled) return;
      scheduled = true;
      setImmediate(() => {
        scheduled = false;
        send().catch(() => {
          // Kept in `failure` for the next caller.
        });
      });
    },
    flush: send,
  };
}
