import type { Logger } from "@berth/base";
import { formatListenAddress, type ListenAddress, refusePlainTcp } from "../address/parse.ts";
import type { HttpHandler } from "../ports.ts";
import { createHttpServer, type HttpServer } from "../server/create.ts";
import type { TlsMaterial } from "../tls/load.ts";
import { activatedDescriptors } from "./activation.ts";
import { listenDescriptor } from "./descriptor.ts";
import { listening } from "./listening.ts";
import { listenUnix } from "./unix.ts";

/** One open door. */
export interface Listener {
  readonly address: string;
  /**
   * No new connections. Streams and connections that were taken over end at once; other answers that are under way are waited for up to
   * `timeoutMs` and then cut.
   */
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
      const made = serverFor(options, null);
      const remove = await listenUnix(made.server, { path: address.path, groupId: options.groupId });
      return [listenerOf(made, formatListenAddress(address), remove)];
    }
    case "tcp": {
      refusePlainTcp(address, { tls: options.tls !== null, allowPlainTcp: options.allowPlainTcp });
      const made = serverFor(options, options.tls);
      const { server } = made;
      await listening(server, () => server.listen({ host: address.host, port: address.port }), formatListenAddress(address));
      const bound = server.address();
      const port = typeof bound === "object" && bound !== null ? bound.port : address.port;
      return [listenerOf(made, formatListenAddress({ ...address, port }), () => undefined)];
    }
    case "fd": {
      const listeners: Listener[] = [];
      for (const fd of activatedDescriptors(address.name)) {
        const made = serverFor(options, null);
        const close = await listenDescriptor(made.server, fd);
        listeners.push({
          address: `fd://${String(fd)}`,
          close: (timeoutMs) => {
            made.windDown();
            return close(timeoutMs);
          },
        });
      }
      return listeners;
    }
  }
}

function serverFor(options: ListenOptions, tls: TlsMaterial | null): HttpServer {
  const { handler, log, serverHeader } = options;
  return createHttpServer(tls === null ? { handler, log, serverHeader } : { handler, log, serverHeader, tls });
}

function listenerOf({ server, windDown }: HttpServer, address: string, remove: () => void): Listener {
  return {
    address,
    async close(timeoutMs) {
      remove();
      const closed = new Promise<void>((resolve) => {
        server.close(() => resolve());
      });
      windDown();
      const timer = setTimeout(() => server.closeAllConnections(), timeoutMs);
      await Promise.race([closed, new Promise<void>((resolve) => setTimeout(resolve, timeoutMs + 50).unref())]);
      clearTimeout(timer);
    },
  };
}
