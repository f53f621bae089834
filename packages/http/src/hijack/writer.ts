import type { Writable } from "node:stream";
import { fail } from "@berth/base";

/**
 * Writes with back-pressure: waits for `drain` when the stream is full.
 * @throws cancelled when the stream is closed before the bytes were taken
 */
export function writeDrained(stream: Writable, bytes: Uint8Array | string): Promise<void> {
  if (stream.destroyed || stream.writableEnded) return Promise.reject(fail("cancelled", "the client closed the connection"));
  if (stream.write(bytes)) return Promise.resolve();
  return new Promise((resolve, reject) => {
    const settle = (): void => {
      stream.off("drain", onDrain);
      stream.off("close", onClose);
      stream.off("error", onClose);
    };
    const onDrain = (): void => {
      settle();
      resolve();
    };
    const onClose = (): void => {
      settle();
      reject(fail("cancelled", "the client closed the connection"));
    };
    stream.once("drain", onDrain);
    stream.once("close", onClose);
    stream.once("error", onClose);
  });
}
