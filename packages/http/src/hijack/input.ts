import type { Readable } from "node:stream";

/** How much of a client's input may wait in memory before its connection is paused. */
const limitBytes = 256 * 1024;

/**
 * A readable stream's bytes as an async iterable that does not destroy the stream when its reader leaves, as the
 * stream's own iterator does: the other direction of the connection may go on. It can be iterated once.
 */
export function inputOf(stream: Readable): AsyncIterable<Uint8Array> & { readonly closed: () => void } {
  const waiting: Uint8Array[] = [];
  let waitingBytes = 0;
  let over = false;
  let abandoned = false;
  let wake: (() => void) | null = null;

  function awaken(): void {
    wake?.();
    wake = null;
  }
  function finish(): void {
    over = true;
    awaken();
  }
  stream.on("data", (bytes: Uint8Array) => {
    if (abandoned) return;
    waiting.push(bytes);
    waitingBytes += bytes.length;
    if (waitingBytes > limitBytes) stream.pause();
    awaken();
  });
  stream.on("end", finish);
  stream.on("close", finish);
  stream.on("error", finish);
  if (stream.readableEnded || stream.destroyed) finish();

  async function* iterate(): AsyncGenerator<Uint8Array, void, void> {
    try {
      for (;;) {
        const next = waiting.shift();
        if (next !== undefined) {
          waitingBytes -= next.length;
          if (waitingBytes <= limitBytes && stream.isPaused()) stream.resume();
          yield next;
          continue;
        }
        if (over) return;
        await new Promise<void>((resolve) => {
          wake = resolve;
        });
      }
    } finally {
      // Nobody reads any more; go on taking bytes in, so that the client's close is noticed.
      abandoned = true;
      waiting.length = 0;
      stream.resume();
    }
  }
  return { [Symbol.asyncIterator]: iterate, closed: finish };
}
