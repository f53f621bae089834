import type { EndpointSettings } from "@berth/spec";
import type { Parsed } from "../../args/parse.ts";
import type { NetworkOption } from "./network-option.ts";
import { parseNetworkOption } from "./network-option.ts";

/** The network a container belongs to first, and its endpoints. */
export interface Endpoints {
  readonly mode: string;
  readonly endpoints: Readonly<Record<string, EndpointSettings>>;
}

/**
 * Joins `--network` with the flags that describe its first endpoint (`--ip`, `--network-alias`, `--mac-address`, …).
 * @throws with docker's words for contradictions
 */
export function parseEndpoints(parsed: Parsed): Endpoints {
  const options = parsed.list("network").map(parseNetworkOption);
  const mode = options[0]?.target ?? "default";
  const endpoints: Record<string, EndpointSettings> = {};
  if (options.length === 0) endpoints["default"] = endpointOf(withContainerFlags(emptyOption("default"), parsed), parsed);
  for (const [index, plain] of options.entries()) {
    const option = index === 0 ? withContainerFlags(plain, parsed) : plain;
    const endpoint = endpointOf(option, index === 0 ? parsed : undefined);
    if (Object.hasOwn(endpoints, option.target)) throw new Error(`network ${JSON.stringify(option.target)} is specified multiple times`);
    // Without anything to say about the only network, the engine makes its endpoint by itself.
    if (options.length === 1 && isPlain(endpoint)) continue;
    endpoints[option.target] = endpoint;
  }
  const userDefined = options.filter((option) => isUserDefined(option.target)).length;
  if (userDefined > 0 && userDefined < options.length) {
    throw new Error("--network: host, none and container:NAME cannot be joined with a named network");
  }
  return { mode, endpoints };
}

/** Whether a mode names a network that somebody made. */
export function isUserDefined(mode: string): boolean {
  return !["default", "bridge", "host", "none"].includes(mode) && !mode.startsWith("container:");
}

function emptyOption(target: string): NetworkOption {
  return { target, aliases: [], linkLocal: [], gatewayPriority: 0 };
}

function withContainerFlags(option: NetworkOption, parsed: Parsed): NetworkOption {
  const conflict = (first: string, second: string): never => {
    throw new Error(`conflicting options: cannot specify both ${first} and per-network ${second}`);
  };
  const aliases = parsed.list("network-alias");
  const linkLocal = parsed.list("link-local-ip");
  const [ip, ip6, mac] = [parsed.string("ip"), parsed.string("ip6"), parsed.string("mac-address")];
  if (option.aliases.length > 0 && aliases.length > 0) conflict("--network-alias", "alias");
  if (option.ipv4 !== undefined && ip !== "") conflict("--ip", "IPv4 address");
  if (option.ipv6 !== undefined && ip6 !== "") conflict("--ip6", "IPv6 address");
  if (option.mac !== undefined && mac !== "") conflict("--mac-address", "MAC address");
  if (option.linkLocal.length > 0 && linkLocal.length > 0) conflict("--link-local-ip", "link-local IP addresses");
  return {
    ...option,
    ...(aliases.length > 0 ? { aliases } : {}),
    ...(ip === "" ? {} : { ipv4: ip }),
    ...(ip6 === "" ? {} : { ipv6: ip6 }),
    ...(mac === "" ? {} : { mac }),
    ...(linkLocal.length > 0 ? { linkLocal } : {}),
  };
}

function endpointOf(option: NetworkOption, parsed: Parsed | undefined): EndpointSettings {
  if (option.target.trim() === "") throw new Error("no name set for network");
  const links = parsed !== undefined && isUserDefined(option.target) ? parsed.list("link") : [];
  if (!isUserDefined(option.target) && option.aliases.length > 0) {
    throw new Error("--network-alias needs a network with a name of its own, given by --network");
  }
  const hasAddress = option.ipv4 !== undefined || option.ipv6 !== undefined || option.linkLocal.length > 0;
  const address = {
    ...(option.ipv4 === undefined ? {} : { IPv4Address: option.ipv4 }),
    ...(option.ipv6 === undefined ? {} : { IPv6Address: option.ipv6 }),
    ...(option.linkLocal.length === 0 ? {} : { LinkLocalIPs: [...option.linkLocal] }),
  };
  return {
    IPAMConfig: hasAddress ? address : null,
    Links: links.length > 0 ? [...links] : null,
    Aliases: option.aliases.length > 0 ? [...option.aliases] : null,
    MacAddress: option.mac === undefined ? "" : macAddress(option.mac),
    DriverOpts: option.driverOptions === undefined ? null : { ...option.driverOptions },
    GwPriority: option.gatewayPriority,
    NetworkID: "",
    EndpointID: "",
    Gateway: "",
    IPAddress: "",
    IPPrefixLen: 0,
    IPv6Gateway: "",
    GlobalIPv6Address: "",
    GlobalIPv6PrefixLen: 0,
    DNSNames: null,
  };
}

/** Checks an Ethernet address. Throws with docker's words. */
export function macAddress(text: string): string {
  const value = text.trim();
  if (/^[0-9a-f]{2}([:-][0-9a-f]{2}){5}$/i.test(value) || /^[0-9a-f]{4}(\.[0-9a-f]{4}){2}$/i.test(value)) return value;
  throw new Error(`${text} is not a valid mac address`);
}

function isPlain(endpoint: EndpointSettings): boolean {
  const { IPAMConfig, Links, Aliases, MacAddress, DriverOpts, GwPriority } = endpoint;
  return IPAMConfig === null && Links === null && Aliases === null && MacAddress === "" && DriverOpts === null && GwPriority === 0;
}
