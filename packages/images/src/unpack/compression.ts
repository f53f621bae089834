/** How a stream of bytes is packed. */
export type Compression = "none" | "gzip" | "zstd" | "bzip2" | "xz";

const magics: readonly (readonly [Compression, readonly number[]])[] = [
  ["gzip", [0x1f, 0x8b, 0x08]],
  ["zstd", [0x28, 0xb5, 0x2f, 0xfd]],
  ["bzip2", [0x42, 0x5a, 0x68]],
  ["xz", [0xfd, 0x37, 0x7a, 0x58, 0x5a, 0x00]],
];

/** Bytes that {@link detectCompression} wants to see. */
export const detectionBytes = 6;

/** Tells the packing by the first bytes. */
export function detectCompression(start: Uint8Array): Compression {
  for (const [name, magic] of magics) if (magic.every((byte, at) => start[at] === byte)) return name;
  return "none";
}
