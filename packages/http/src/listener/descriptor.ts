import type { Server } from "node:http";
import { createServer, type Socket } from "node:net";
import { listening } from "./listening.ts";

/**
 * Serves the connections of a listening socket that another process opened. Bun's HTTP server cannot take a descriptor, its plain server can:
 * that one accepts and hands each connection over.
 * @returns as {@link Listener.close}
 */
export async function listenDescriptor(server: Server, fd: number): Promise<(timeoutMs: number) => Promise<void>> {
  const sockets = new Set<Socket>();
  const doorway = createServer({ allowHalfOpen: true }, (socket) => {
    sockets.add(socket);
    socket.once("close", () => sockets.delete(socket));
    server.emit("connection", socket);
  });
  await listening(doorway, () => doorway.listen({ fd }), `fd://${String(fd)}`);
  return async (timeoutMs) => {
    const closed = new Promise<void>((resolve) => {
      doorway.close(() => resolve());
    });
    const timer = setTimeout(() => {
      for (const socket of sockets) socket.destroy();
    }, timeoutMs);
    await Promise.race([closed, new Promise<void>((resolve) => setTimeout(resolve, timeoutMs + 50).unref())]);
    clearTimeout(timer);
  };
}
