import { posix } from "node:path";
import type { DeviceMapping } from "@berth/spec";

/** Device mappings, and requests for devices by a vendor's name (`vendor.com/class=name`, CDI). */
export interface Devices {
  readonly mappings: readonly DeviceMapping[];
  readonly named: readonly string[];
}

const qualifiedName = /^[A-Za-z][A-Za-z0-9_.-]*[A-Za-z0-9]?\/[A-Za-z][A-Za-z0-9_-]*=[A-Za-z0-9][A-Za-z0-9_.:-]*$/;

/**
 * Reads `/dev/host[:/dev/container][:rwm]`.
 * @throws with docker's words
 */
export function parseDevices(values: readonly string[]): Devices {
  const mappings: DeviceMapping[] = [];
  const named: string[] = [];
  for (const value of values) {
    if (qualifiedName.test(value)) named.push(value);
    else mappings.push(parseDevice(value));
  }
  return { mappings, named };
}

function parseDevice(value: string): DeviceMapping {
  const parts = value.split(":");
  const [source = "", second, third] = parts;
  if (parts.length > 3 || source === "") throw new Error(`bad format for path: ${value}`);
  if (third !== undefined && !isMode(third)) throw new Error(`bad mode specified: ${third}`);
  const secondIsMode = second !== undefined && third === undefined && isMode(second);
  const target = second === undefined || secondIsMode ? source : second;
  if (!target.startsWith("/")) throw new Error(`${target} is not an absolute path`);
  return {
    PathOnHost: second === undefined || secondIsMode ? posix.normalize(source) : source,
    PathInContainer: third === undefined ? posix.normalize(target) : target || source,
    CgroupPermissions: third ?? (secondIsMode ? second : "rwm"),
  };
}

function isMode(text: string): boolean {
  return /^[rwm]{1,3}$/.test(text) && new Set(text).size === text.length;
}
