import type { Netlink } from "../ports.ts";
import { errnoError, isErrno } from "../kernel/system.ts";
import { addressRequest, bridgeRequest, linkUpRequest, removeLinkRequest } from "./changes.ts";
import { createEndpoint } from "./endpoint.ts";
import { loadNetworkLibc } from "./libc.ts";
import { inside, withNamespace } from "./namespace.ts";
import { reservePort } from "./reserve-port.ts";
import { RouteSocket } from "./socket.ts";
import { findLink, listAddresses, listLinks, listRoutes } from "./tables.ts";

type Operation = Exclude<keyof Netlink, "close">;

/** Each method of {@link Netlink}, done at once on the calling thread. */
export type NetlinkOperations = {
  readonly [Name in Operation]: (...args: Parameters<Netlink[Name]>) => Awaited<ReturnType<Netlink[Name]>>;
};

const ENODEV = 19;

/** The operations for the calling thread, which must be in the daemon's own namespace. */
export function netlinkOperations(): NetlinkOperations {
  const libc = loadNetworkLibc();
  const host = new RouteSocket(libc);

  function using<T>(namespace: string | undefined, body: (socket: RouteSocket) => T): T {
    if (namespace === undefined) return body(host);
    const socket = withNamespace(libc, namespace, (open) => inside(libc, open, () => new RouteSocket(libc)));
    try {
      return body(socket);
    } finally {
      socket.close();
    }
  }

  return {
    links: (namespace) => using(namespace, listLinks),
    link: (name, namespace) => using(namespace, (socket) => findLink(socket, name)),
    addresses: (namespace) => using(namespace, listAddresses),
    routes: (namespace) => using(namespace, listRoutes),
    createBridge: (options) => {
      host.change(bridgeRequest(options));
      return requireLink(host, options.name);
    },
    removeLink: (name) => {
      try {
        host.change(removeLinkRequest(name));
      } catch (error) {
        if (!isErrno(error, "ENODEV")) throw error;
      }
    },
    addAddress: (link, address, namespace) => {
      using(namespace, (socket) => socket.change(addressRequest(requireLink(socket, link), address)));
    },
    setLinkUp: (link, namespace) => {
      using(namespace, (socket) => socket.change(linkUpRequest(link)));
    },
    createEndpoint: (options) => {
      createEndpoint(libc, host, options);
    },
    reservePort: (reservation) => reservePort(libc, reservation),
  };
}

function requireLink(socket: RouteSocket, name: string): NonNullable<ReturnType<typeof findLink>> {
  const link = findLink(socket, name);
  if (link === null) throw errnoError("RTM_GETLINK", name, ENODEV);
  return link;
}
