import { isIPv4, isIPv6 } from "node:net";
import { fail } from "@berth/base";
import { AF_INET, AF_INET6 } from "./constants.ts";

/**
 * An IP address as the kernel wants it: 4 or 16 bytes in network order.
 * @throws invalid when it is neither IPv4 nor IPv6
 */
export function packAddress(text: string): Uint8Array {
  if (isIPv4(text)) return Uint8Array.from(text.split("."), Number);
  if (!isIPv6(text) || text.includes("%")) throw fail("invalid", `invalid IP address: ${text}`);
  const [head = "", tail] = expandMapped(text).split("::");
  const left = words(head);
  const right = tail === undefined ? [] : words(tail);
  const middle = tail === undefined ? [] : new Array<number>(8 - left.length - right.length).fill(0);
  return Uint8Array.from([...left, ...middle, ...right].flatMap((word) => [word >> 8, word & 255]));
}

/** The text of 4 or 16 bytes; IPv6 in the form of RFC 5952. */
export function formatAddress(bytes: Uint8Array): string {
  if (bytes.length === 4) return bytes.join(".");
  const parts: string[] = [];
  for (let at = 0; at + 1 < bytes.length; at += 2) parts.push((((bytes[at] ?? 0) << 8) | (bytes[at + 1] ?? 0)).toString(16));
  let best = { start: -1, length: 1 };
  for (let start = 0; start < parts.length; start++) {
    let length = 0;
    while (parts[start + length] === "0") length++;
    if (length > best.length) best = { start, length };
  }
  if (best.start < 0) return parts.join(":");
  return `${parts.slice(0, best.start).join(":")}::${parts.slice(best.start + best.length).join(":")}`;
}

/** AF_INET or AF_INET6 of packed bytes. */
export function familyOf(bytes: Uint8Array): number {
  return bytes.length === 4 ? AF_INET : AF_INET6;
}

/** Last address of an IPv4 network; null for IPv6 and for /31 and /32, which have none. */
export function broadcastOf(bytes: Uint8Array, prefixLength: number): Uint8Array | null {
  if (bytes.length !== 4 || prefixLength > 30) return null;
  return bytes.map((byte, index) => byte | (255 >> Math.min(8, Math.max(0, prefixLength - index * 8))));
}

/**
 * The six bytes of `02:42:ac:11:00:02`.
 * @throws invalid with Docker's words
 */
export function packMac(text: string): Uint8Array {
  if (!/^[0-9a-f]{2}(:[0-9a-f]{2}){5}$/i.test(text)) throw fail("invalid", `address ${text}: invalid MAC address`);
  return Uint8Array.from(text.split(":"), (part) => Number.parseInt(part, 16));
}

/** `02:42:ac:11:00:02` of six bytes. */
export function formatMac(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join(":");
}

function words(text: string): number[] {
  return text === "" ? [] : text.split(":").map((part) => Number.parseInt(part, 16));
}

function expandMapped(text: string): string {
  const dotted = /^(.*:)(\d+)\.(\d+)\.(\d+)\.(\d+)$/.exec(text);
  if (dotted === null) return text;
  const [, head = "", a, b, c, d] = dotted;
  return `${head}${((Number(a) << 8) | Number(b)).toString(16)}:${((Number(c) << 8) | Number(d)).toString(16)}`;
}
