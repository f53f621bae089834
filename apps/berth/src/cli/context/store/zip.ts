import { inflateRawSync } from "node:zlib";
import { fail, messageOf } from "@berth/base";

/** Bounds of one archive. */
export interface ZipLimits {
  readonly files: number;
  /** Of all files together, unpacked. */
  readonly totalBytes: number;
}

const endSignature = 0x06054b50;
const centralSignature = 0x02014b50;
const localSignature = 0x04034b50;
const endBytes = 22;
const longestComment = 65_535;

/**
 * The files of a small zip archive, by name; folders are left out. Stored and deflated files of the first format only: no zip64, no
 * encryption (PKWARE APPNOTE 4.3).
 * @throws invalid when it is anything else, or beyond the limits
 */
export function readZip(bytes: Uint8Array, limits: ZipLimits): ReadonlyMap<string, Uint8Array> {
  try {
    return read(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length), limits);
  } catch (error) {
    throw fail("invalid", `the zip archive cannot be read: ${messageOf(error)}`, error);
  }
}

function read(archive: Buffer, limits: ZipLimits): ReadonlyMap<string, Uint8Array> {
  const end = findEnd(archive);
  const count = archive.readUInt16LE(end + 10);
  if (count > limits.files) throw new Error(`it holds more than ${limits.files} files`);
  const files = new Map<string, Uint8Array>();
  let at = archive.readUInt32LE(end + 16);
  let room = limits.totalBytes;
  for (let index = 0; index < count; index++) {
    if (archive.readUInt32LE(at) !== centralSignature) throw new Error("its directory is damaged");
    const [nameLength, extraLength, commentLength] = [28, 30, 32].map((offset) => archive.readUInt16LE(at + offset));
    const name = archive.toString("utf8", at + 46, at + 46 + (nameLength ?? 0));
    if (!name.endsWith("/")) {
      const content = unpack(archive, at, room);
      room -= content.length;
      files.set(name, content);
    }
    at += 46 + (nameLength ?? 0) + (extraLength ?? 0) + (commentLength ?? 0);
  }
  return files;
}

/** The content of the file whose entry in the directory stands at `entry`. */
function unpack(archive: Buffer, entry: number, room: number): Uint8Array {
  const flags = archive.readUInt16LE(entry + 8);
  const method = archive.readUInt16LE(entry + 10);
  const packedBytes = archive.readUInt32LE(entry + 20);
  const local = archive.readUInt32LE(entry + 42);
  if ((flags & 1) !== 0) throw new Error("it is encrypted");
  if (archive.readUInt32LE(local) !== localSignature) throw new Error("a file in it is damaged");
  const start = local + 30 + archive.readUInt16LE(local + 26) + archive.readUInt16LE(local + 28);
  if (start + packedBytes > archive.length) throw new Error("it is cut off");
  const packed = archive.subarray(start, start + packedBytes);
  if (packedBytes > room) throw new Error("it is too large");
  if (method === 0) return packed;
  if (method !== 8) throw new Error(`it is packed by method ${method}, which is not known`);
  return packed.length === 0 ? packed : inflateRawSync(packed, { maxOutputLength: Math.max(room, 1) });
}

/** Where the record is that ends the archive: behind it a comment may stand. */
function findEnd(archive: Buffer): number {
  const first = Math.max(0, archive.length - endBytes - longestComment);
  for (let at = archive.length - endBytes; at >= first; at--) if (archive.readUInt32LE(at) === endSignature) return at;
  throw new Error("its end is missing");
}
