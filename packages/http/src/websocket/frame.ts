/** Kinds of frames (RFC 6455, 5.2). */
export const opcodes = { continuation: 0, text: 1, binary: 2, close: 8, ping: 9, pong: 10 } as const;

/** Reasons of a close that are used here (RFC 6455, 7.4.1). */
export const closeCodes = { normal: 1000, goingAway: 1001, protocolError: 1002, noStatus: 1005 } as const;

/** The client does not keep to the protocol; the connection is closed with 1002. */
export class WebSocketError extends Error {}

/** One frame of a server: never masked, never fragmented. */
export function encodeFrame(opcode: number, payload: Uint8Array): Uint8Array {
  const { length } = payload;
  const headBytes = length < 126 ? 2 : length < 65_536 ? 4 : 10;
  const frame = Buffer.allocUnsafe(headBytes + length);
  frame[0] = 0x80 | opcode;
  if (headBytes === 2) frame[1] = length;
  else if (headBytes === 4) {
    frame[1] = 126;
    frame.writeUInt16BE(length, 2);
  } else {
    frame[1] = 127;
    frame.writeBigUInt64BE(BigInt(length), 2);
  }
  frame.set(payload, headBytes);
  return frame;
}

/** The payload of a close frame. */
export function closePayload(code: number, reason = ""): Uint8Array {
  const payload = Buffer.alloc(2 + Math.min(Buffer.byteLength(reason), 123));
  payload.writeUInt16BE(code, 0);
  payload.write(reason, 2);
  return payload;
}

/**
 * The code of a close frame that came in.
 * @throws WebSocketError for one that may not be sent (RFC 6455, 7.4.2)
 */
export function closeCodeOf(payload: Uint8Array): number {
  if (payload.length === 0) return closeCodes.noStatus;
  if (payload.length === 1) throw new WebSocketError("a close frame of one byte");
  const code = Buffer.from(payload).readUInt16BE(0);
  const allowed = (code >= 1000 && code <= 1014 && ![1004, 1005, 1006].includes(code)) || (code >= 3000 && code <= 4999);
  if (!allowed) throw new WebSocketError(`the close code ${code}`);
  return code;
}
