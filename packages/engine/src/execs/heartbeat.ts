import type { OutputChunk } from "../ports.ts";

/**
 * Output with an empty chunk whenever nothing came for `everyMs`: as an empty frame it tells a client nothing, but writing it
 * shows whether the client is still there.
 */
export async function* withHeartbeat(output: AsyncIterable<OutputChunk>, everyMs: number): AsyncGenerator<OutputChunk, void, undefined> {
  const chunks = output[Symbol.asyncIterator]();
  try {
    for (let next = chunks.next(); ; ) {
      let timer: Timer | undefined;
      const silence = new Promise<null>((resolve) => {
        timer = setTimeout(() => resolve(null), everyMs);
      });
      const came = await Promise.race([next, silence]).finally(() => clearTimeout(timer));
      if (came === null) {
        yield { stream: 1, bytes: new Uint8Array(0) };
        continue;
      }
      if (came.done === true) return;
      yield came.value;
      next = chunks.next();
    }
  } finally {
    // Its own end comes with the session's; a reader that left must not wait for the next chunk.
    void chunks.return?.(undefined);
  }
}
