import { isIP } from "node:net";
import type { PortBinding } from "@berth/spec";

/** What `--publish` and `--expose` ask for. */
export interface Ports {
  readonly exposed: Readonly<Record<string, Record<string, never>>>;
  readonly bindings: Readonly<Record<string, readonly PortBinding[]>>;
}

/**
 * Reads `[[IP:][HOST[-HOST]]:]PORT[-PORT][/PROTOCOL]`, or `published=80,target=8080,protocol=udp`, and `--expose`.
 * @throws with docker's words
 */
export function parsePorts(publish: readonly string[], expose: readonly string[]): Ports {
  const exposed: Record<string, Record<string, never>> = {};
  const bindings: Record<string, PortBinding[]> = {};
  for (const value of publish) {
    for (const { port, binding } of parsePublish(longForm(value))) {
      exposed[port] = {};
      (bindings[port] ??= []).push(binding);
    }
  }
  for (const value of expose) for (const port of parseExpose(value)) exposed[port] = {};
  return { exposed, bindings };
}

function longForm(value: string): string {
  if (!value.includes("=")) return value;
  const fields: Record<string, string> = { published: "", target: "", protocol: "tcp" };
  for (const field of value.split(",")) {
    const at = field.indexOf("=");
    if (at <= 0) throw new Error(`invalid publish opts format (should be name=value but got '${field}')`);
    fields[field.slice(0, at)] = field.slice(at + 1);
  }
  return `${fields["published"]}:${fields["target"]}/${fields["protocol"]}`;
}

function parsePublish(value: string): { port: string; binding: PortBinding }[] {
  const parts = value.split(":");
  const target = parts.pop() ?? "";
  const hostPort = parts.pop() ?? "";
  const address = parts.join(":");
  const [container = "", protocolText] = splitOnce(target, "/");
  if (container === "") throw new Error(`no port specified: ${value}<empty>`);
  const protocol = (protocolText || "tcp").toLowerCase();
  if (!["tcp", "udp", "sctp"].includes(protocol)) throw new Error(`invalid proto: ${protocol}`);
  const ip = hostAddress(address);
  const inside = portRange(container) ?? bad(`invalid containerPort: ${container}`);
  const outside = hostPort === "" ? undefined : (portRange(hostPort) ?? bad(`invalid hostPort: ${hostPort}`));
  const count = inside.last - inside.first + 1;
  if (outside !== undefined && outside.last - outside.first + 1 !== count && count !== 1) {
    throw new Error(`invalid ranges specified for container and host Ports: ${container} and ${hostPort}`);
  }
  return Array.from({ length: count }, (_value, index) => {
    let published = outside === undefined ? "" : String(outside.first + index);
    // One port inside and a range outside: the engine takes a free one of the range.
    if (outside !== undefined && count === 1 && outside.first !== outside.last) published += `-${outside.last}`;
    return { port: `${inside.first + index}/${protocol}`, binding: { HostIp: ip, HostPort: published } };
  });
}

function hostAddress(address: string): string {
  const bare = address.startsWith("[") && address.endsWith("]") ? address.slice(1, -1) : address;
  if (bare !== "" && isIP(bare) === 0) throw new Error(`invalid IP address: ${bare}`);
  return bare;
}

function parseExpose(value: string): string[] {
  const [ports = "", protocolText] = splitOnce(value, "/");
  const protocol = (protocolText || "tcp").toLowerCase();
  const range = value.includes(":") ? undefined : portRange(ports);
  if (range === undefined) throw new Error(`invalid range format for --expose: ${value}, error: invalid port '${ports}'`);
  if (!["tcp", "udp", "sctp"].includes(protocol)) throw new Error(`invalid proto: ${protocol}`);
  return Array.from({ length: range.last - range.first + 1 }, (_value, index) => `${range.first + index}/${protocol}`);
}

function portRange(text: string): { first: number; last: number } | undefined {
  const [start = "", end = start] = splitOnce(text, "-");
  const [first, last] = [portNumber(start), portNumber(end)];
  return first === undefined || last === undefined || last < first ? undefined : { first, last };
}

function portNumber(text: string): number | undefined {
  const port = /^\+?\d{1,9}$/.test(text) ? Number(text) : -1;
  return port >= 0 && port <= 65_535 ? port : undefined;
}

function splitOnce(text: string, separator: string): [string, string?] {
  const at = text.indexOf(separator);
  return at === -1 ? [text] : [text.slice(0, at), text.slice(at + 1)];
}

function bad(message: string): never {
  throw new Error(message);
}
