import type { Server } from "node:net";
import { fail } from "@berth/base";

/**
 * Starts listening and waits until the server does.
 * @throws conflict when the address is in use, unavailable for every other reason
 */
export function listening(server: Server, start: () => void, address: string): Promise<void> {
  return new Promise((resolve, reject) => {
    const onError = (error: Error & { code?: string }): void => {
      server.off("listening", onListening);
      const inUse = error.code === "EADDRINUSE";
      reject(
        fail(inUse ? "conflict" : "unavailable", `cannot listen on ${address}: ${inUse ? "address already in use" : error.message}`, error),
      );
    };
    const onListening = (): void => {
      server.off("error", onError);
      resolve();
    };
    server.once("error", onError);
    server.once("listening", onListening);
    try {
      start();
    } catch (error) {
      onError(error instanceof Error ? error : new Error(String(error)));
    }
  });
}
