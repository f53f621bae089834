import { fail } from "@berth/base";

/** Records of a pax extended header by keyword; a value that is no UTF-8 stays readable as bytes. */
export type PaxRecords = ReadonlyMap<string, Uint8Array>;

const space = 0x20;
const equals = 0x3d;
const newline = 0x0a;
const [sparseOffset, sparseLength] = ["GNU.sparse.offset", "GNU.sparse.numbytes"];
const decoder = new TextDecoder("utf-8", { fatal: true });

/**
 * Reads the records of a pax extended header (POSIX.1-2001 pax, "pax Header Block").
 * @throws invalid when a record is malformed
 */
export function parsePaxRecords(bytes: Uint8Array): PaxRecords {
  const records = new Map<string, Uint8Array>();
  // Sparse files of format 0.0 have the same two records once more for each piece; 0.1 has them all in one.
  const sparse: string[] = [];
  let at = 0;
  while (at < bytes.length) {
    let length = 0;
    let digit = at;
    for (; digit < bytes.length && bytes[digit] !== space; digit++) {
      const value = (bytes[digit] ?? 0) - 0x30;
      if (value < 0 || value > 9 || length > bytes.length) throw malformed();
      length = length * 10 + value;
    }
    const end = at + length;
    if (digit === at || end > bytes.length || end <= digit + 2 || bytes[end - 1] !== newline) throw malformed();
    const split = bytes.indexOf(equals, digit + 1);
    if (split < 0 || split >= end || split === digit + 1) throw malformed();
    const keyword = paxText(bytes.subarray(digit + 1, split));
    const value = bytes.slice(split + 1, end - 1);
    if (keyword === (sparse.length % 2 === 0 ? sparseOffset : sparseLength)) sparse.push(paxText(value));
    else if (keyword === sparseOffset || keyword === sparseLength) throw malformed();
    else records.set(keyword, value);
    at = end;
  }
  if (sparse.length % 2 !== 0) throw malformed();
  if (sparse.length > 0) records.set("GNU.sparse.map", Buffer.from(sparse.join(",")));
  return records;
}

/** One record, with its own length in front. */
export function formatPaxRecord(keyword: string, value: Uint8Array | string): Uint8Array {
  const body = Buffer.concat([Buffer.from(` ${keyword}=`), typeof value === "string" ? Buffer.from(value) : value, Buffer.from("\n")]);
  let length = body.length + String(body.length).length;
  length = body.length + String(length).length;
  return Buffer.concat([Buffer.from(String(length)), body]);
}

/** A record's value as text. @throws invalid when it is no UTF-8 */
export function paxText(bytes: Uint8Array): string {
  try {
    return decoder.decode(bytes);
  } catch (error) {
    throw fail("invalid", "archive/tar: a pax record is not UTF-8", error);
  }
}

/** Seconds with a fraction (`1700000000.25`, `-1.5`) as nanoseconds. @throws invalid */
export function parsePaxTime(text: string): bigint {
  const match = /^(-?)(\d{1,18})(?:\.(\d*))?$/.exec(text);
  if (match === null) throw malformed();
  const value = BigInt(match[2] ?? "0") * 1_000_000_000n + BigInt((match[3] ?? "").slice(0, 9).padEnd(9, "0"));
  return match[1] === "-" ? -value : value;
}

/** A whole number of a record. @throws invalid when it is none or not exact in a double */
export function parsePaxNumber(text: string): number {
  const value = /^\d{1,16}$/.test(text) ? Number(text) : Number.NaN;
  if (!Number.isSafeInteger(value)) throw malformed();
  return value;
}

function malformed(): Error {
  return fail("invalid", "archive/tar: invalid pax header");
}
