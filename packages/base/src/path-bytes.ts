/**
 * File names are bytes to Linux and text to us. Names that are no UTF-8 are carried as Python does (PEP 383): each
 * stray byte 0x80-0xFF becomes the lone surrogate U+DC80-U+DCFF, and turns back into that byte on its way to the
 * kernel. So every name of a hostile or old file system can be listed, opened and removed.
 */
export function bytesOfPath(path: string): Uint8Array {
  if (path.isWellFormed()) return Buffer.from(path, "utf8");
  const parts: Buffer[] = [];
  let text = "";
  for (const character of path) {
    const code = character.codePointAt(0) ?? 0;
    if (code >= 0xdc80 && code <= 0xdcff) {
      parts.push(Buffer.from(text, "utf8"), Buffer.of(code - 0xdc00));
      text = "";
    } else text += character;
  }
  parts.push(Buffer.from(text, "utf8"));
  return Buffer.concat(parts);
}

/** The text form of a name's bytes; {@link bytesOfPath} gives the same bytes back. */
export function pathOfBytes(bytes: Uint8Array): string {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const text = buffer.toString("utf8");
  if (!text.includes("\ufffd") || Buffer.from(text, "utf8").equals(buffer)) return text;
  let out = "";
  for (let at = 0; at < buffer.length; ) {
    const length = sequenceLength(buffer, at);
    out += length === 0 ? String.fromCharCode(0xdc00 + (buffer[at] ?? 0)) : buffer.toString("utf8", at, at + length);
    at += Math.max(length, 1);
  }
  return out;
}

/** Length of the well-formed UTF-8 sequence at `at`, 0 when there is none. */
function sequenceLength(buffer: Buffer, at: number): number {
  const first = buffer[at] ?? 0;
  if (first < 0x80) return 1;
  const length = first >= 0xf0 ? 4 : first >= 0xe0 ? 3 : first >= 0xc2 ? 2 : 0;
  if (length === 0 || at + length > buffer.length) return 0;
  const slice = buffer.subarray(at, at + length);
  return Buffer.from(slice.toString("utf8"), "utf8").equals(slice) ? length : 0;
}
