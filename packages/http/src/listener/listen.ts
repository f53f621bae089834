import type { Server } from "node:http";
import type { Logger } from "@berth/base";
import { formatListenAddress, type ListenAddress, refusePlainTcp } from "../address/parse.ts";
import type { HttpHandler } from "../ports.ts";
import { createHttpServer } from "../server/create.ts";
import type { TlsMaterial } from "../tls/load.ts";
import { activatedDescriptors } from "./activation.ts";
import { listenDescriptor } from "./descriptor.ts";
import { listening } from "./listening.ts";
import { listenUnix } from "./unix.ts";

/** One open door. */
export interface Listener {
  readonly address: string;
  /** No new connections; waits up to `timeoutMs` for answers that are under way, then cuts them. */
  close(timeoutMs: number): Promise<void>;
}

export interface ListenOptions {
  readonly address: ListenAddress;
  readonly handler: HttpHandler;
  readonly log: Logger;
  readonly serverHeader: string;
  /** For unix sockets. */
  readonly groupId: number | null;
  /** For TCP. */
  readonly tls: TlsMaterial | null;
  /** Lets a TCP listener without TLS be reached from other machines: whoever reaches it is root here. */
  readonly allowPlainTcp: boolean;
}

/**
 * Opens the listeners of one address (`fd://` may stand for several).
 * @throws forbidden for plain TCP beyond loopback, conflict for a taken address
 */
export async function listen(options: ListenOptions): Promise<Listener[]> {
  const { address } = options;
  switch (address.kind) {
    case "unix": {
      const server = serverFor(options, null);
      const remove = await listenUnix(server, { path: address.path, groupId: options.groupId });
      return [listenerOf(server, formatListenAddress(address), remove)];
    }
    case "tcp": {
      refusePlainTcp(address, { tls: options.tls !== null, allowPlainTcp: options.allowPlainTcp });
      const server = serverFor(options, options.tls);
      await listening(server, () => server.listen({ host: address.host, port: address.port }), formatListenAddress(address));
      const bound = server.address();
      const port = typeof bound === "object" && bound !== null ? bound.port : address.port;
      return [listenerOf(server, formatListenAddress({ ...address, port }), () => undefined)];
    }
    case "fd": {
      const listeners: Listener[] = [];
      for (const fd of activatedDescriptors(address.name)) {
        const server = serverFor(options, null);
        const close = await listenDescriptor(server, fd);
        listeners.push({ address: `fd://${String(fd)}`, close });
      }
      return listeners;
    }
  }
}

function serverFor(options: ListenOptions, tls: TlsMaterial | null): Server {
  const { handler, log, serverHeader } = options;
  return createHttpServer(tls === null ? { handler, log, serverHeader } : { handler, log, serverHeader, tls });
}

function listenerOf(server: Server, address: string, remove: () => void): Listener {
  return {
    address,
    async close(timeoutMs) {
      remove();
      const closed = new Promise<void>((resolve) => {
        server.close(() => resolve());
      });
      server.closeIdleConnections();
      const timer = setTimeout(() => server.closeAllConnections(), timeoutMs);
      await Promise.race([closed, new Promise<void>((resolve) => setTimeout(resolve, timeoutMs + 50).unref())]);
      clearTimeout(timer);
    },
  };
}
