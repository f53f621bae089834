import type { Readable, Writable } from "node:stream";
import type { HijackedConnection } from "../ports.ts";
import { inputOf } from "./input.ts";
import { writeDrained } from "./writer.ts";

/** How long a client may keep its half of a finished connection open. */
const lingerMs = 10_000;

/**
 * Wraps a raw socket that was taken over from HTTP.
 * @param socket where answers go
 * @param input where the client's bytes come from: the socket itself, or the request's body when the client did not ask
 * for an upgrade
 */
export function hijackedConnection(socket: Writable, input: Readable): HijackedConnection {
  const gone = new AbortController();
  const bytes = inputOf(input);
  socket.on("error", () => {
    // A broken connection is noticed by its close; without a listener the error would end the daemon.
  });
  socket.once("close", () => {
    bytes.closed();
    gone.abort();
  });
  if (socket.destroyed) {
    bytes.closed();
    gone.abort();
  }
  return {
    input: bytes,
    signal: gone.signal,
    write: (data) => writeDrained(socket, data),
    end() {
      if (socket.destroyed || socket.writableEnded) return;
      socket.end(() => {
        const timer = setTimeout(() => socket.destroy(), lingerMs);
        timer.unref();
        socket.once("close", () => clearTimeout(timer));
      });
    },
  };
}
