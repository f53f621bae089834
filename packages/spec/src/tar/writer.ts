import { bytesOfPath } from "@berth/base";
import { tarChecksum } from "./header.ts";
import { formatPaxRecord } from "./pax.ts";
import { type TarEntry, type TarType, tarBlockBytes, tarTypeFlags } from "./entry.ts";

/** What {@link formatTarEntry} needs to know; what is left out is zero, empty or the type's usual mode. */
export type TarEntryInit = Pick<TarEntry, "name" | "type"> & Partial<TarEntry>;

const usualModes: Readonly<Record<TarType, number>> = {
  file: 0o644,
  link: 0o644,
  symlink: 0o777,
  char: 0o600,
  block: 0o600,
  directory: 0o755,
  fifo: 0o644,
};
const zeros = new Uint8Array(tarBlockBytes);
const largestOctal7 = 0o7777777;
const largestOctal11 = 0o77777777777;

/**
 * The header of one entry: ustar, with a pax header before it for what ustar cannot hold. The data and
 * {@link tarPadding} follow.
 */
export function formatTarEntry(init: TarEntryInit): Uint8Array {
  const name = init.type === "directory" && !init.name.endsWith("/") ? `${init.name}/` : init.name;
  const { linkName = "", uid = 0, gid = 0, mtimeNs = 0n } = init;
  const sizeBytes = init.type === "file" ? (init.sizeBytes ?? 0) : 0;
  const records: Uint8Array[] = [];
  if (name.length > 100 || !isAscii(name)) records.push(formatPaxRecord("path", bytesOfPath(name)));
  if (linkName.length > 100 || !isAscii(linkName)) records.push(formatPaxRecord("linkpath", bytesOfPath(linkName)));
  if (sizeBytes > largestOctal11) records.push(formatPaxRecord("size", String(sizeBytes)));
  if (uid > largestOctal7) records.push(formatPaxRecord("uid", String(uid)));
  if (gid > largestOctal7) records.push(formatPaxRecord("gid", String(gid)));
  const wholeSeconds = mtimeNs / 1_000_000_000n;
  if (mtimeNs < 0n || mtimeNs % 1_000_000_000n !== 0n || wholeSeconds > largestOctal11)
    records.push(formatPaxRecord("mtime", paxTime(mtimeNs)));
  for (const [key, value] of init.xattrs ?? []) records.push(formatPaxRecord(`SCHILY.xattr.${key}`, value));
  const header = block({
    name,
    flag: tarTypeFlags[init.type],
    mode: init.mode ?? usualModes[init.type],
    uid: uid > largestOctal7 ? 0 : uid,
    gid: gid > largestOctal7 ? 0 : gid,
    size: sizeBytes > largestOctal11 ? 0 : sizeBytes,
    mtimeS: mtimeNs < 0n || wholeSeconds > largestOctal11 ? 0 : Number(wholeSeconds),
    linkName,
    major: init.deviceMajor ?? 0,
    minor: init.deviceMinor ?? 0,
  });
  if (records.length === 0) return header;
  const pax = Buffer.concat(records);
  const paxHeader = block({
    name: "PaxHeaders.0/entry",
    flag: "x",
    mode: 0o644,
    uid: 0,
    gid: 0,
    size: pax.length,
    mtimeS: 0,
    linkName: "",
    major: 0,
    minor: 0,
  });
  return Buffer.concat([paxHeader, pax, tarPadding(pax.length), header]);
}

/** Zeros between the data of an entry and the next header. */
export function tarPadding(sizeBytes: number): Uint8Array {
  return zeros.subarray(0, (tarBlockBytes - (sizeBytes % tarBlockBytes)) % tarBlockBytes);
}

/** The two zero blocks that end an archive. */
export function tarEnd(): Uint8Array {
  return new Uint8Array(2 * tarBlockBytes);
}

interface Fields {
  readonly name: string;
  readonly flag: string;
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
  readonly size: number;
  readonly mtimeS: number;
  readonly linkName: string;
  readonly major: number;
  readonly minor: number;
}

function block(fields: Fields): Uint8Array {
  const bytes = Buffer.alloc(tarBlockBytes);
  // What is cut here stands in full in a pax record.
  bytes.write(fields.name, 0, 100, "latin1");
  octal(bytes, 100, 8, fields.mode & 0o7777);
  octal(bytes, 108, 8, fields.uid);
  octal(bytes, 116, 8, fields.gid);
  octal(bytes, 124, 12, fields.size);
  octal(bytes, 136, 12, fields.mtimeS);
  bytes.write(fields.flag, 156, 1, "latin1");
  bytes.write(fields.linkName, 157, 100, "latin1");
  bytes.write("ustar\u000000", 257, 8, "latin1");
  octal(bytes, 329, 8, fields.major);
  octal(bytes, 337, 8, fields.minor);
  // Six digits, a NUL and a space.
  octal(bytes, 148, 7, tarChecksum(bytes).unsigned);
  bytes[155] = 0x20;
  return bytes;
}

function octal(bytes: Buffer, at: number, length: number, value: number): void {
  let rest = value;
  for (let place = at + length - 2; place >= at; place--) {
    bytes[place] = 0x30 + (rest % 8);
    rest = Math.floor(rest / 8);
  }
}

function isAscii(text: string): boolean {
  for (let at = 0; at < text.length; at++) if (text.charCodeAt(at) > 126) return false;
  return true;
}

function paxTime(ns: bigint): string {
  const size = ns < 0n ? -ns : ns;
  const fraction = (size % 1_000_000_000n).toString().padStart(9, "0").replace(/0+$/, "");
  return `${ns < 0n ? "-" : ""}${size / 1_000_000_000n}${fraction === "" ? "" : `.${fraction}`}`;
}
