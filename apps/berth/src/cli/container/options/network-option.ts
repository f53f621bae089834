import { isIPv4, isIPv6 } from "node:net";
import { parseCsvLine } from "./csv.ts";

/** One `--network`: a name, or `name=web,alias=a,ip=10.0.0.2,driver-opt=k=v,gw-priority=1`. */
export interface NetworkOption {
  readonly target: string;
  readonly aliases: readonly string[];
  readonly driverOptions?: Readonly<Record<string, string>>;
  readonly ipv4?: string;
  readonly ipv6?: string;
  readonly linkLocal: readonly string[];
  readonly mac?: string;
  readonly gatewayPriority: number;
}

/** Reads one `--network`. Throws with docker's words. */
export function parseNetworkOption(text: string): NetworkOption {
  if (!/\w+=\w+(,\w+=\w+)*/.test(text)) return { target: text, aliases: [], linkLocal: [], gatewayPriority: 0 };
  let option: NetworkOption = { target: "", aliases: [], linkLocal: [], gatewayPriority: 0 };
  for (const field of parseCsvLine(text)) {
    const at = field.indexOf("=");
    if (at <= 0) throw new Error(`invalid field ${field}`);
    const key = field.slice(0, at).toLowerCase().trim();
    const value = field
      .slice(at + 1)
      .toLowerCase()
      .trim();
    option = { ...option, ...networkField(option, key, value) };
  }
  if (option.target === "") throw new Error("network name/id is not specified");
  return option;
}

function networkField(option: NetworkOption, key: string, value: string): Partial<NetworkOption> {
  switch (key) {
    case "name":
      return { target: value };
    case "alias":
      return { aliases: [...option.aliases, value] };
    case "ip":
      if (!isIPv4(value)) throw new Error(`invalid IPv4 address: ${value}`);
      return { ipv4: value };
    case "ip6":
      if (!isIPv6(value)) throw new Error(`invalid IPv6 address: ${value}`);
      return { ipv6: value };
    case "mac-address":
      return { mac: value };
    case "link-local-ip":
      return { linkLocal: [...option.linkLocal, value] };
    case "driver-opt": {
      const at = value.indexOf("=");
      if (at <= 0) throw new Error("invalid key value pair format in driver options");
      return { driverOptions: { ...option.driverOptions, [value.slice(0, at).trim()]: value.slice(at + 1).trim() } };
    }
    case "gw-priority":
      if (!/^[+-]?\d+$/.test(value)) throw new Error(`invalid gw-priority (${value}): invalid syntax`);
      return { gatewayPriority: Number(value) };
    default:
      throw new Error(`invalid field key ${key}`);
  }
}
