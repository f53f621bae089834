import { parseBinarySize } from "@berth/spec";

/** `/dev/sda:200`. Throws with docker's words. */
export function weightDevice(value: string): { Path: string; Weight: number } {
  const { path, rest } = devicePath(value);
  const weight = Number(rest);
  if (!/^\d{1,5}$/.test(rest) || (weight > 0 && (weight < 10 || weight > 1000))) throw new Error(`invalid weight for device: ${value}`);
  return { Path: path, Weight: weight };
}

/** `/dev/sda:1mb`, bytes a second. */
export function throttleBytes(value: string): { Path: string; Rate: number } {
  const { path, rest } = devicePath(value);
  try {
    return { Path: path, Rate: parseBinarySize(rest) };
  } catch (error) {
    throw new Error(`invalid rate for device: ${value}. Write DEVICE:BYTES, e.g. /dev/sda:1mb`, { cause: error });
  }
}

/** `/dev/sda:1000`, operations a second. */
export function throttleOperations(value: string): { Path: string; Rate: number } {
  const { path, rest } = devicePath(value);
  if (!/^\d{1,16}$/.test(rest)) {
    throw new Error(`invalid rate for device: ${value}. Write DEVICE:OPERATIONS, e.g. /dev/sda:100`);
  }
  return { Path: path, Rate: Number(rest) };
}

function devicePath(value: string): { path: string; rest: string } {
  const at = value.indexOf(":");
  if (at <= 0) throw new Error(`bad format: ${value}`);
  if (!value.startsWith("/dev/")) throw new Error(`bad format for device path: ${value}`);
  return { path: value.slice(0, at), rest: value.slice(at + 1) };
}
