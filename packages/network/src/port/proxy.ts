import dgram from "node:dgram";
import net from "node:net";

/** Where a proxy listens and where it leads. */
export interface ProxyOptions {
  readonly protocol: "tcp" | "udp";
  /** IPv6 address of the host. */
  readonly hostIp: string;
  readonly hostPort: number;
  /** The container. */
  readonly address: string;
  readonly port: number;
}

/** An open proxy. */
export interface Proxy {
  close(): void;
}

/** A UDP client without traffic for so long is forgotten (the kernel's own time for a conversation is 180 s). */
const udpIdleMs = 90_000;
const udpClientsMost = 1024;

/**
 * Leads an IPv6 port of the host to a container, which has IPv4 only. The port is this process's own,
 * so nobody else can take it.
 * @throws the system's error, with its `code` (EADDRINUSE)
 */
export function openProxy(options: ProxyOptions): Promise<Proxy> {
  return options.protocol === "tcp" ? openTcp(options) : openUdp(options);
}

function openTcp(options: ProxyOptions): Promise<Proxy> {
  const connections = new Set<net.Socket>();
  const server = net.createServer({ allowHalfOpen: true, noDelay: true }, (client) => {
    const container = net.connect({ host: options.address, port: options.port, allowHalfOpen: true, noDelay: true });
    for (const [from, to] of [
      [client, container],
      [container, client],
    ] as const) {
      connections.add(from);
      from.pipe(to);
      from.on("error", () => to.destroy());
      from.on("close", () => {
        connections.delete(from);
        to.destroySoon();
      });
    }
  });
  server.unref();
  return new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen({ host: options.hostIp, port: options.hostPort, ipv6Only: true }, () => {
      server.off("error", reject);
      server.on("error", () => undefined);
      resolve({
        close: () => {
          server.close();
          for (const connection of connections) connection.destroy();
        },
      });
    });
  });
}

function openUdp(options: ProxyOptions): Promise<Proxy> {
  const clients = new Map<string, { readonly socket: dgram.Socket; timer: NodeJS.Timeout }>();
  const server = dgram.createSocket({ type: "udp6", ipv6Only: true });
  server.unref();

  function forget(key: string): void {
    const client = clients.get(key);
    clients.delete(key);
    clearTimeout(client?.timer);
    client?.socket.close();
  }

  function expiry(key: string): NodeJS.Timeout {
    return setTimeout(() => forget(key), udpIdleMs).unref();
  }

  function toward(key: string, remote: dgram.RemoteInfo): dgram.Socket {
    const known = clients.get(key);
    if (known !== undefined) {
      clearTimeout(known.timer);
      known.timer = expiry(key);
      return known.socket;
    }
    const [oldest] = clients.keys();
    if (clients.size >= udpClientsMost && oldest !== undefined) forget(oldest);
    const socket = dgram.createSocket("udp4").unref();
    socket.on("error", () => forget(key));
    socket.on("message", (bytes) => server.send(bytes, remote.port, remote.address));
    clients.set(key, { socket, timer: expiry(key) });
    return socket;
  }

  server.on("message", (bytes, remote) => {
    toward(`${remote.address} ${remote.port}`, remote).send(bytes, options.port, options.address);
  });
  return new Promise((resolve, reject) => {
    server.once("error", reject);
    server.bind({ address: options.hostIp, port: options.hostPort, exclusive: true }, () => {
      server.off("error", reject);
      server.on("error", () => undefined);
      resolve({
        close: () => {
          for (const key of [...clients.keys()]) forget(key);
          server.close();
        },
      });
    });
  });
}
