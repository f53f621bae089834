import { isIPv6 } from "node:net";
import { isIP } from "node:net";
import { fail } from "@berth/base";
import type { PortMap } from "@berth/spec";

/** Every port of one protocol. */
const mostExposed = 65_536;

/** A port of a container. */
export interface ContainerPort {
  readonly protocol: string;
  readonly port: number;
}

/** One wish to publish: any port from `first` to `last`; 0 and 0 is any ephemeral one. */
export interface PortWish extends ContainerPort {
  /** null: every address of the host, IPv4 and IPv6. */
  readonly hostIp: string | null;
  readonly first: number;
  readonly last: number;
}

/** `80/tcp`, as inspect shows it. */
export function portKey(port: ContainerPort): string {
  return `${port.port}/${port.protocol}`;
}

/**
 * Reads `80`, `80/tcp`, `80/TCP`.
 * @throws invalid with Docker's words
 */
export function parseContainerPort(text: string): ContainerPort {
  const [port = "", protocol = ""] = text.split("/", 2);
  return { protocol: protocol === "" ? "tcp" : protocol.toLowerCase(), port: parsePort(port) };
}

/**
 * Every binding that a container asks for, in the order of its ports. `publishAll` adds an ephemeral port for each
 * exposed one without a binding. A HostIp that is no address means all of them, as in Docker.
 * @throws invalid `invalid port specification: "99999"`
 */
export function parseWishes(options: {
  readonly bindings: PortMap;
  readonly exposed: readonly string[];
  readonly publishAll: boolean;
}): PortWish[] {
  const wishes: PortWish[] = [];
  for (const [key, bindings] of Object.entries(options.bindings)) {
    const port = parseContainerPort(key);
    for (const binding of bindings ?? []) wishes.push({ ...port, hostIp: parseHostIp(binding.HostIp), ...parseRange(binding.HostPort) });
  }
  if (options.publishAll) {
    const bound = new Set(wishes.map(portKey));
    for (const port of parseExposed(options.exposed)) {
      if (!bound.has(portKey(port))) wishes.push({ ...port, hostIp: null, first: 0, last: 0 });
    }
  }
  return wishes.toSorted((a, b) => a.port - b.port || a.protocol.localeCompare(b.protocol));
}

/**
 * The exposed ports of an image or a container; `5-7/tcp` is each of the three.
 * @throws invalid when there are absurdly many: an image's author chooses them
 */
export function parseExposed(exposed: readonly string[]): ContainerPort[] {
  const ports: ContainerPort[] = [];
  for (const text of exposed) {
    const [range = "", protocol = ""] = text.split("/", 2);
    const { first, last } = parseRange(range);
    if (ports.length + last - first >= mostExposed) throw fail("invalid", `more than ${mostExposed} exposed ports`);
    for (let port = first; port <= last; port++) ports.push(parseContainerPort(`${port}/${protocol}`));
  }
  return ports;
}

/** Whether an address of the host is IPv6. */
export function isV6(hostIp: string): boolean {
  return isIPv6(hostIp);
}

function parseHostIp(text: string | undefined): string | null {
  return text === undefined || isIP(text) === 0 ? null : text;
}

function parseRange(text: string | undefined): { readonly first: number; readonly last: number } {
  if (text === undefined || text === "") return { first: 0, last: 0 };
  const [first = "", last = first] = text.split("-", 2);
  const range = { first: parsePort(first, text), last: parsePort(last, text) };
  if (range.last < range.first || text.split("-").length > 2) throw invalidPort(text);
  return range;
}

function parsePort(text: string, whole: string = text): number {
  const port = Number(text);
  if (!/^\d{1,5}$/.test(text) || port > 65_535) throw invalidPort(whole);
  return port;
}

function invalidPort(text: string): Error {
  return fail("invalid", `invalid port specification: ${JSON.stringify(text)}`);
}
