/**
 * A name of the archive as text. Names are bytes; where they are no UTF-8, each stray byte 0x80-0xFF becomes the lone
 * surrogate U+DC80-U+DCFF, which the kernel room turns back into that byte (as Python does, PEP 383).
 */
export function tarName(bytes: Uint8Array): string {
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

/** The bytes of a {@link tarName}. */
export function tarNameBytes(name: string): Uint8Array {
  if (name.isWellFormed()) return Buffer.from(name, "utf8");
  const parts: Buffer[] = [];
  for (const character of name) {
    const code = character.codePointAt(0) ?? 0;
    parts.push(code >= 0xdc80 && code <= 0xdcff ? Buffer.of(code - 0xdc00) : Buffer.from(character, "utf8"));
  }
  return Buffer.concat(parts);
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
