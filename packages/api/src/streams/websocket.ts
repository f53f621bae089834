import type { AttachSession, OutputChunk } from "@berth/engine";
import type { WebSocketConnection } from "@berth/http";

/**
 * Carries a process's streams over a WebSocket until they end, the client leaves or detaches. The client's messages go to the
 * process; a WebSocket has no half close, so whoever closes it leaves.
 * @param options.stdin whether the client's bytes go to the process
 * @param options.text whether the output is sent as text
 */
export async function carryWebSocket(options: {
  readonly session: AttachSession;
  readonly connection: WebSocketConnection;
  readonly stdin: boolean;
  readonly text: boolean;
}): Promise<void> {
  const { session, connection, stdin } = options;
  const leave = (): void => session.close();
  connection.signal.addEventListener("abort", leave, { once: true });
  if (connection.signal.aborted) leave();
  const input = carryInput(session, connection, stdin);
  const encode = options.text ? textOf() : (chunk: OutputChunk): Uint8Array => chunk.bytes;
  try {
    for await (const chunk of session.output) {
      const bytes = encode(chunk);
      if (bytes.length > 0) await connection.send(options.text ? "text" : "binary", bytes);
    }
  } catch {
    // The client is gone, or the process's streams broke; either way the session is over for this client.
  } finally {
    connection.signal.removeEventListener("abort", leave);
    session.close();
    await connection.close("normal");
  }
  await input;
}

/** Also without stdin the client's frames are read: its pings want answers, and its close an end. */
async function carryInput(session: AttachSession, connection: WebSocketConnection, stdin: boolean): Promise<void> {
  try {
    for await (const bytes of connection.input) if (stdin) await session.write(bytes);
  } catch {
    // Told by the end of the session.
  } finally {
    session.close();
  }
}

/** Text messages have to be UTF-8; characters that are cut between two chunks of a stream are put together again. */
function textOf(): (chunk: OutputChunk) => Uint8Array {
  const decoders = new Map<number, TextDecoder>();
  const encoder = new TextEncoder();
  return ({ stream, bytes }) => {
    const decoder = decoders.get(stream) ?? new TextDecoder();
    decoders.set(stream, decoder);
    return encoder.encode(decoder.decode(bytes, { stream: true }));
  };
}
