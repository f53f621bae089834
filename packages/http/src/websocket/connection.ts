import type { HijackedConnection, WebSocketConnection } from "../ports.ts";
import { closeCodeOf, closeCodes, closePayload, encodeFrame, opcodes, WebSocketError } from "./frame.ts";
import { readFrames } from "./reader.ts";

/**
 * Speaks WebSocket on a connection that was taken over, as its server. Pings are answered while `input` is read; a client that breaks
 * the protocol is sent away with 1002.
 */
export function webSocketConnection(raw: HijackedConnection): WebSocketConnection {
  let closing = false;

  async function sendClose(payload: Uint8Array): Promise<void> {
    if (closing) return;
    closing = true;
    await raw.write(encodeFrame(opcodes.close, payload)).catch(() => undefined);
    raw.end();
  }

  async function* input(): AsyncGenerator<Uint8Array, void, undefined> {
    try {
      for await (const received of readFrames(raw.input)) {
        if (received.kind === "data") yield received.bytes;
        else if (received.kind === "ping" && !closing) await raw.write(encodeFrame(opcodes.pong, received.bytes));
        else if (received.kind === "close") {
          const code = closeCodeOf(received.bytes);
          await sendClose(code === closeCodes.noStatus ? new Uint8Array(0) : closePayload(code));
          return;
        }
      }
    } catch (error) {
      if (error instanceof WebSocketError) await sendClose(closePayload(closeCodes.protocolError, error.message));
      else throw error;
    }
  }

  return {
    input: { [Symbol.asyncIterator]: input },
    signal: raw.signal,
    async send(kind, bytes) {
      if (!closing) await raw.write(encodeFrame(opcodes[kind], bytes));
    },
    close: (code) => sendClose(closePayload(closeCodes[code])),
  };
}
