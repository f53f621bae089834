import { isIPv4 } from "node:net";
import { fail } from "@berth/base";
import type { BridgeOptions } from "../ports.ts";

/** What a user-defined bridge does otherwise than the default one, by its driver options. */
export interface BridgeSettings {
  /** Name of the interface. */
  readonly bridge: string;
  readonly mtu: number;
  readonly icc: boolean;
  readonly masquerade: boolean;
  /** Where ports are published that name no address; null is the daemon's own choice. */
  readonly hostIp: string | null;
}

const prefix = "com.docker.network.";
/** IFNAMSIZ without the closing zero (netdevice(7)). */
const interfaceNameMax = 15;
const mtuMax = 65_535;
/** The least that IPv4 asks for (RFC 791). */
const mtuMin = 68;

/**
 * Reads the driver options of a bridge network.
 * @param id the network's, for the name of an interface that was not chosen
 * @throws invalid for bad values; not-implemented for options that would be without effect
 */
export function parseBridgeOptions(id: string, options: Readonly<Record<string, string>>, defaults: BridgeOptions): BridgeSettings {
  let settings: BridgeSettings = { bridge: `br-${id.slice(0, 12)}`, mtu: defaults.mtu, icc: true, masquerade: true, hostIp: null };
  for (const [key, value] of Object.entries(options)) settings = { ...settings, ...parseOption(key, value) };
  return settings;
}

function parseOption(key: string, value: string): Partial<BridgeSettings> {
  switch (key) {
    case `${prefix}bridge.name`:
      return value === "" ? {} : { bridge: interfaceName(value) };
    case `${prefix}driver.mtu`:
      return { mtu: parseMtu(key, value) };
    case `${prefix}bridge.enable_icc`:
      return { icc: parseBool(key, value) };
    case `${prefix}bridge.enable_ip_masquerade`:
      return { masquerade: parseBool(key, value) };
    case `${prefix}bridge.host_binding_ipv4`:
      if (!isIPv4(value)) throw unparsed(key, value, "not an IPv4 address");
      return { hostIp: value };
    default:
      throw fail("not-implemented", `not supported by this version of Berth: the network option ${JSON.stringify(key)}`);
  }
}

function interfaceName(name: string): string {
  if (name.length > interfaceNameMax || !/^[A-Za-z0-9_.-]+$/.test(name) || name === "." || name === ".." || name === "none") {
    throw fail(
      "invalid",
      `invalid bridge name ${JSON.stringify(name)}: 1 to ${interfaceNameMax} letters, digits, dots, dashes or underscores`,
    );
  }
  return name;
}

function parseMtu(key: string, value: string): number {
  const mtu = Number(value);
  if (!/^\d{1,5}$/.test(value) || mtu < mtuMin || mtu > mtuMax) throw unparsed(key, value, `not a number from ${mtuMin} to ${mtuMax}`);
  return mtu;
}

/** What Go's strconv.ParseBool takes. */
function parseBool(key: string, value: string): boolean {
  if (["1", "t", "T", "TRUE", "true", "True"].includes(value)) return true;
  if (["0", "f", "F", "FALSE", "false", "False"].includes(value)) return false;
  throw unparsed(key, value, "neither true nor false");
}

function unparsed(key: string, value: string, why: string): Error {
  return fail("invalid", `failed to parse ${key} value: ${value} (${why})`);
}
