import { fail, pathOfBytes } from "@berth/base";

/** The fields of one 512-byte header block, before pax and GNU records are applied. */
export interface TarHeader {
  readonly name: string;
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
  readonly size: number;
  readonly mtimeS: number;
  readonly typeFlag: string;
  readonly linkName: string;
  readonly deviceMajor: number;
  readonly deviceMinor: number;
}

/**
 * Reads a header block: v7, ustar and GNU, numbers in octal or base 256.
 * @throws invalid when the checksum or a number is wrong
 */
export function parseTarHeader(block: Uint8Array): TarHeader {
  checkSum(block);
  const ustar = text(block, 257, 5) === "ustar";
  const gnu = ustar && block[262] === 0x20;
  const prefix = ustar && !gnu ? text(block, 345, 155) : "";
  const name = text(block, 0, 100);
  const flag = block[156] ?? 0;
  return {
    name: prefix === "" ? name : `${prefix}/${name}`,
    mode: parseTarNumber(block, 100, 8),
    uid: parseTarNumber(block, 108, 8),
    gid: parseTarNumber(block, 116, 8),
    size: parseTarNumber(block, 124, 12),
    mtimeS: parseTarNumber(block, 136, 12),
    typeFlag: flag === 0 ? "0" : String.fromCharCode(flag),
    linkName: text(block, 157, 100),
    deviceMajor: ustar ? parseTarNumber(block, 329, 8) : 0,
    deviceMinor: ustar ? parseTarNumber(block, 337, 8) : 0,
  };
}

/** Whether a block is all zeros, as the two at the end of an archive are. */
export function isZeroBlock(block: Uint8Array): boolean {
  for (const byte of block) if (byte !== 0) return false;
  return true;
}

/** Sum of all bytes with the checksum field as spaces. */
export function tarChecksum(block: Uint8Array): { readonly unsigned: number; readonly signed: number } {
  let unsigned = 8 * 0x20;
  let high = 0;
  for (let at = 0; at < 512; at++) {
    if (at === 148) at = 156;
    const byte = block[at] ?? 0;
    unsigned += byte;
    if (byte > 127) high++;
  }
  return { unsigned, signed: unsigned - high * 256 };
}

function checkSum(block: Uint8Array): void {
  const wanted = parseTarNumber(block, 148, 8);
  const { unsigned, signed } = tarChecksum(block);
  if (wanted !== unsigned && wanted !== signed) throw fail("invalid", "archive/tar: invalid tar header");
}

/** A numeric field: octal digits between blanks, or base 256 when the first bit is set (GNU, star). */
export function parseTarNumber(block: Uint8Array, at: number, length: number): number {
  const first = block[at] ?? 0;
  if ((first & 0x80) !== 0) return base256(block, at, length);
  let value = 0;
  let place = at;
  const end = at + length;
  while (place < end && (block[place] === 0x20 || block[place] === 0)) place++;
  for (; place < end; place++) {
    const byte = block[place] ?? 0;
    if (byte === 0x20 || byte === 0) break;
    if (byte < 0x30 || byte > 0x37) throw fail("invalid", "archive/tar: invalid tar header");
    value = value * 8 + byte - 0x30;
  }
  return value;
}

function base256(block: Uint8Array, at: number, length: number): number {
  const negative = ((block[at] ?? 0) & 0x40) !== 0;
  const invert = negative ? 0xff : 0;
  let value = 0;
  for (let place = at; place < at + length; place++) {
    const byte = (block[place] ?? 0) ^ invert;
    value = value * 256 + (place === at ? byte & 0x7f : byte);
    if (value > Number.MAX_SAFE_INTEGER) throw fail("invalid", "archive/tar: invalid tar header");
  }
  return negative ? -1 - value : value;
}

function text(block: Uint8Array, at: number, length: number): string {
  let end = at;
  let plain = true;
  for (; end < at + length && block[end] !== 0; end++) if ((block[end] ?? 0) > 127) plain = false;
  if (end === at) return "";
  if (plain) return String.fromCharCode.apply(null, block.subarray(at, end) as unknown as number[]);
  return pathOfBytes(block.subarray(at, end));
}
