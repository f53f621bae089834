import { isIPv4 } from "node:net";
import { fail } from "@berth/base";
import { ipv4Number, networkSize } from "../address/ipv4.ts";
import type { Bridge } from "../bridge/bridges.ts";
import { parseExposed, parseWishes } from "../port/parse.ts";
import type { SandboxRequest } from "../ports.ts";

/** `HostConfig.NetworkMode` and what it means here. */
export type NetworkMode =
  | { readonly kind: "bridge" | "none" | "host" }
  | { readonly kind: "container"; readonly id: string }
  | { readonly kind: "named"; readonly name: string };

/** Reads a mode; an empty one is the default. */
export function parseMode(mode: string): NetworkMode {
  switch (mode) {
    case "":
    case "default":
    case "bridge":
      return { kind: "bridge" };
    case "none":
    case "host":
      return { kind: mode };
    default:
      return mode.startsWith("container:") ? { kind: "container", id: mode.slice("container:".length) } : { kind: "named", name: mode };
  }
}

/**
 * What Docker refuses at create.
 * @throws invalid with Docker's words
 */
export function checkRequest(request: SandboxRequest): void {
  const { kind } = parseMode(request.mode);
  parseWishes(request);
  const exposed = parseExposed(request.exposed);
  if (kind === "container" && (Object.keys(request.bindings).length > 0 || request.publishAll)) {
    throw fail("invalid", "conflicting options: port publishing and the container type network mode");
  }
  if (kind === "container" && exposed.length > 0) {
    throw fail("invalid", "conflicting options: port exposing and the container type network mode");
  }
  if ((kind === "container" || kind === "host") && request.macAddress !== null) {
    throw fail("invalid", "conflicting options: mac-address and the network mode");
  }
}

/**
 * What is refused of the endpoints that a container asks for: several networks, and wishes that would be without effect.
 * @throws not-implemented
 */
export function checkEndpointWishes(endpoints: NonNullable<SandboxRequest["endpoints"]>): void {
  const refuse = (wanted: boolean, what: string): void => {
    if (wanted) throw fail("not-implemented", `not supported by this version of Berth: ${what}`);
  };
  refuse(Object.keys(endpoints).length > 1, "a container on several networks");
  for (const endpoint of Object.values(endpoints)) {
    const ipam = endpoint?.IPAMConfig;
    refuse((ipam?.LinkLocalIPs?.length ?? 0) > 0, "link-local addresses of a container");
    refuse((endpoint?.Aliases?.length ?? 0) > 0, "aliases of a container on a network");
    refuse((endpoint?.Links?.length ?? 0) > 0, "links of a container on a network");
    refuse(Object.keys(endpoint?.DriverOpts ?? {}).length > 0, "driver options of a container's endpoint");
  }
}

/**
 * The address that a container asks for on a bridge; null when it takes any.
 * @throws invalid with Docker's words
 */
export function askedAddress(endpoints: SandboxRequest["endpoints"], bridge: Bridge): number | null {
  const [ipam] = Object.values(endpoints ?? {}).map((endpoint) => endpoint?.IPAMConfig);
  const [ipv4, ipv6] = [ipam?.IPv4Address ?? "", ipam?.IPv6Address ?? ""];
  if (ipv4 === "" && ipv6 === "") return null;
  if (bridge.network === "bridge") throw fail("invalid", "user specified IP address is supported on user defined networks only");
  const outside = (address: string): Error =>
    fail("invalid", `Invalid address ${address}: It does not belong to any of this network's subnets`);
  if (!bridge.addressesByRequest) {
    throw fail("invalid", "user specified IP address is supported only when connecting to networks with user configured subnets");
  }
  if (ipv6 !== "") throw outside(ipv6);
  if (!isIPv4(ipv4)) throw fail("invalid", `invalid IPv4 address: ${ipv4}`);
  const { network } = bridge.subnet;
  const address = ipv4Number(ipv4);
  if (address < network.first || address >= network.first + networkSize(network)) throw outside(ipv4);
  return address;
}
