import { deferred } from "@berth/base";
import type { Socket } from "bun";
import type { Channel } from "./channel.ts";
import { ByteQueue } from "./queue.ts";

/** Where to connect. */
export interface SocketTarget {
  readonly where: { readonly unix: string } | { readonly hostname: string; readonly port: number };
  readonly tls?: { readonly ca?: string; readonly cert?: string; readonly key?: string; readonly rejectUnauthorized: boolean };
}

/**
 * Connects to a unix socket, or by TCP or TLS.
 * @throws what the system or TLS say
 */
export async function openSocket({ where, tls }: SocketTarget): Promise<Channel> {
  const queue = new ByteQueue();
  const opened = deferred<Socket>();
  // Bun.connect rejects too; the first of the two tells.
  opened.promise.catch(() => undefined);
  let wake = deferred<void>();
  let failure: string | undefined;
  let closed = false;
  const handlers = {
    open: (socket: Socket) => {
      if (tls === undefined) opened.resolve(socket);
    },
    handshake: (socket: Socket, success: boolean, problem: Error | null) => {
      // Without verification only a handshake that came to nothing counts, not what the certificate lacks.
      if (problem === null ? !success : tls?.rejectUnauthorized === true || codeOf(problem) === "EPROTO") {
        opened.reject(problem ?? new Error("the TLS handshake failed"));
      } else opened.resolve(socket);
    },
    data: (socket: Socket, bytes: Buffer) => {
      // The buffer belongs to the socket and is used again.
      if (queue.push(new Uint8Array(bytes))) socket.pause();
    },
    drain: () => {
      wake.resolve();
      wake = deferred<void>();
    },
    end: () => {
      closed = true;
      queue.end();
    },
    close: () => {
      closed = true;
      queue.end();
      wake.resolve();
      opened.reject(new Error("the connection was closed"));
    },
    error: (_socket: Socket, error: Error) => {
      failure = error.message;
      closed = true;
      queue.end();
      opened.reject(error);
      wake.resolve();
    },
    connectError: (_socket: Socket, error: Error) => opened.reject(error),
  };
  const options = { socket: handlers, allowHalfOpen: true, ...(tls === undefined ? {} : { tls }) };
  const connected = await ("unix" in where ? Bun.connect({ ...options, unix: where.unix }) : Bun.connect({ ...options, ...where }));
  const socket = await opened.promise.catch((error: unknown) => {
    connected.terminate();
    throw error;
  });
  queue.onSpace = () => socket.resume();
  let ended = false;
  return {
    input: queue,
    get open() {
      return !closed && !ended;
    },
    write: async (bytes) => {
      let rest = bytes;
      while (rest.length > 0 && !ended && socket.readyState > 0) {
        const written = socket.write(rest);
        if (written < 0) return;
        rest = rest.subarray(written);
        if (rest.length > 0) await wake.promise;
      }
    },
    closeWrite: () => {
      if (!ended) socket.shutdown();
      ended = true;
    },
    close: () => {
      ended = true;
      socket.terminate();
      queue.end();
    },
    reason: () => Promise.resolve(failure),
  };
}

/** The code of a system's error, e.g. `ECONNREFUSED`; empty when it has none. */
export function codeOf(error: unknown): string {
  return typeof error === "object" && error !== null && "code" in error ? String(error.code) : "";
}
