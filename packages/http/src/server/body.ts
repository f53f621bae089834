import type { Readable } from "node:stream";
import { fail } from "@berth/base";

/**
 * Reads a whole body into memory.
 * @throws invalid when it is longer than `limitBytes`, cancelled when the client leaves before its end
 */
export function readWhole(body: Readable, options: { readonly limitBytes: number; readonly length: number | null }): Promise<Uint8Array> {
  const { limitBytes, length } = options;
  if (length !== null && length > limitBytes) return Promise.reject(tooLarge(limitBytes));
  if (length === 0 || body.readableEnded) return Promise.resolve(new Uint8Array());
  return new Promise((resolve, reject) => {
    const pieces: Uint8Array[] = [];
    let total = 0;
    const settle = (): void => {
      body.off("data", onData);
      body.off("end", onEnd);
      body.off("close", onClose);
      body.off("error", onClose);
    };
    const onData = (piece: Uint8Array): void => {
      total += piece.length;
      if (total > limitBytes) {
        settle();
        body.resume();
        reject(tooLarge(limitBytes));
        return;
      }
      pieces.push(piece);
    };
    const onEnd = (): void => {
      settle();
      resolve(pieces.length === 1 && pieces[0] !== undefined ? pieces[0] : Buffer.concat(pieces));
    };
    const onClose = (): void => {
      settle();
      reject(fail("cancelled", "the client closed the connection"));
    };
    body.on("data", onData);
    body.once("end", onEnd);
    body.once("close", onClose);
    body.once("error", onClose);
  });
}

function tooLarge(limitBytes: number): Error {
  return fail("invalid", `request body is larger than ${String(limitBytes)} bytes`);
}
