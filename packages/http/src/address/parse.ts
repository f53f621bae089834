import { fail } from "@berth/base";

/** Where a server listens. */
export type ListenAddress =
  | { readonly kind: "unix"; readonly path: string }
  | { readonly kind: "tcp"; readonly host: string; readonly port: number }
  | { readonly kind: "fd"; readonly name: string };

/** Ports of Docker's API without and with TLS. */
const plainPort = 2375;
const tlsPort = 2376;

/**
 * Parses the value of `-H`: `unix:///path`, `tcp://host:port`, `fd://`, and the short forms `host:port` and `:port`.
 * @throws invalid with dockerd's words
 */
export function parseListenAddress(text: string, options: { readonly tls: boolean; readonly defaultUnixPath: string }): ListenAddress {
  const value = text.trim();
  if (value === "") return { kind: "unix", path: options.defaultUnixPath };
  const split = value.indexOf("://");
  const scheme = split < 0 ? "tcp" : value.slice(0, split);
  const rest = split < 0 ? value : value.slice(split + 3);
  switch (scheme) {
    case "unix": {
      const path = rest === "" ? options.defaultUnixPath : rest;
      if (!path.startsWith("/")) throw fail("invalid", `unix socket path must be absolute: ${text}`);
      return { kind: "unix", path };
    }
    case "fd":
      return { kind: "fd", name: rest };
    case "tcp":
      return parseTcp(rest, text, options.tls);
    default:
      throw fail("invalid", `invalid bind address format: ${text}`);
  }
}

/** The address as `-H` would name it. */
export function formatListenAddress(address: ListenAddress): string {
  switch (address.kind) {
    case "unix":
      return `unix://${address.path}`;
    case "tcp":
      return `tcp://${address.host.includes(":") ? `[${address.host}]` : address.host}:${String(address.port)}`;
    case "fd":
      return `fd://${address.name}`;
  }
}

/** Whether an address can be reached from this machine only. */
export function isLoopback(host: string): boolean {
  return host === "localhost" || host === "::1" || /^127(\.\d{1,3}){3}$/.test(host);
}

/**
 * Refuses an address that other machines can reach without TLS, unless somebody asked for exactly that.
 * @throws forbidden with what to do instead
 */
export function refusePlainTcp(address: ListenAddress, options: { readonly tls: boolean; readonly allowPlainTcp: boolean }): void {
  if (address.kind !== "tcp" || options.tls || options.allowPlainTcp || isLoopback(address.host)) return;
  throw fail(
    "forbidden",
    `refusing to listen on ${formatListenAddress(address)} without TLS: everybody who reaches it would be root on this machine. Use --tlsverify with --tlscacert, --tlscert and --tlskey, listen on 127.0.0.1, or ask for it with --allow-plain-tcp`,
  );
}

function parseTcp(rest: string, text: string, tls: boolean): ListenAddress {
  const match = /^(?:\[([0-9a-fA-F:.]+)\]|([^:/[\]]*))(?::(\d{1,5}))?\/?$/.exec(rest);
  const port = match?.[3] === undefined ? (tls ? tlsPort : plainPort) : Number(match[3]);
  if (match === null || port > 65_535) throw fail("invalid", `invalid bind address format: ${text}`);
  const host = match[1] ?? (match[2] === undefined || match[2] === "" ? "127.0.0.1" : match[2]);
  return { kind: "tcp", host, port };
}
