import type { AttachSession } from "@berth/engine";
import type { HijackedConnection } from "@berth/http";
import { frame } from "@berth/spec";

/**
 * Carries a process's streams over a connection until they end, the client leaves or detaches.
 * @param options.stdin whether the client's bytes go to the process
 * @param options.framed whether stdout and stderr are told apart by frames (no terminal)
 */
export async function carrySession(options: {
  readonly session: AttachSession;
  readonly connection: HijackedConnection;
  readonly stdin: boolean;
  readonly framed: boolean;
}): Promise<void> {
  const { session, connection, stdin, framed } = options;
  const leave = (): void => session.close();
  connection.signal.addEventListener("abort", leave, { once: true });
  if (connection.signal.aborted) leave();
  const input = stdin ? carryInput(session, connection) : Promise.resolve();
  try {
    for await (const chunk of session.output) {
      await connection.write(framed ? frame(chunk.stream, chunk.bytes) : chunk.bytes);
    }
  } catch {
    // The client is gone, or the process's streams broke; either way the session is over for this client.
  } finally {
    connection.signal.removeEventListener("abort", leave);
    session.close();
    connection.end();
  }
  await Promise.race([input, session.over]);
}

async function carryInput(session: AttachSession, connection: HijackedConnection): Promise<void> {
  try {
    for await (const bytes of connection.input) await session.write(bytes);
    if (!connection.signal.aborted) session.closeInput();
  } catch {
    session.close();
  }
}
