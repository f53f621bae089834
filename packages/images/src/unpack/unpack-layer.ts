import { closeSync, createReadStream, openSync, readSync } from "node:fs";
import { setImmediate } from "node:timers/promises";
import { createGunzip, createZstdDecompress } from "node:zlib";
import { fail, kindOf, messageOf, sha256Hasher } from "@berth/base";
import type { Kernel } from "@berth/linux";
import { defaultTarLimits, TarReader } from "@berth/spec";
import { detectCompression, detectionBytes } from "./compression.ts";
import { quoteName } from "./entry-path.ts";
import { LayerWriter } from "./layer-writer.ts";
import type { UnpackLimits, UnpackResult } from "./messages.ts";

const pieceBytes = 1 << 20;
/** Pieces between two looks at the message queue, where a cancellation may wait. */
const piecesPerTurn = 16;

/**
 * Unpacks a layer's blob into an empty directory, hashing the tar on the way. Without a directory it is only hashed.
 * @throws invalid for a malformed or hostile archive, naming the entry; exhausted when the disk is full
 */
export async function unpackLayer(options: {
  readonly kernel: Kernel;
  readonly blob: string;
  readonly target: string | null;
  readonly limits: UnpackLimits;
  readonly cancelled: () => boolean;
}): Promise<UnpackResult> {
  const hasher = sha256Hasher();
  const { target } = options;
  if (target === null) return hashLayer(options);
  const writer = new LayerWriter({ ...options, target });
  const reader = new TarReader(writer, { ...defaultTarLimits, entries: options.limits.entries });
  try {
    for await (const piece of pieces(options.blob)) {
      if (options.cancelled()) throw fail("cancelled", "unpacking was cancelled");
      hasher.update(piece);
      reader.push(piece);
    }
    reader.finish();
    writer.finish();
    return {
      diffId: hasher.digest(),
      sizeBytes: writer.sizeBytes,
      entries: writer.entries,
      impliedDirectories: writer.impliedDirectories(),
    };
  } catch (error) {
    const where = writer.current === "" || messageOf(error).includes(quoteName(writer.current)) ? "" : ` (at ${quoteName(writer.current)})`;
    throw fail(kindOf(error), messageOf(error) + where, error);
  } finally {
    writer.close();
  }
}

async function hashLayer(options: {
  readonly blob: string;
  readonly limits: UnpackLimits;
  readonly cancelled: () => boolean;
}): Promise<UnpackResult> {
  const hasher = sha256Hasher();
  let sizeBytes = 0;
  for await (const piece of pieces(options.blob)) {
    if (options.cancelled()) throw fail("cancelled", "unpacking was cancelled");
    sizeBytes += piece.length;
    if (sizeBytes > options.limits.bytes) throw fail("exhausted", `the layer unpacks to more than ${options.limits.bytes} bytes`);
    hasher.update(piece);
  }
  return { diffId: hasher.digest(), sizeBytes, entries: 0, impliedDirectories: [] };
}

async function* pieces(path: string): AsyncGenerator<Uint8Array> {
  const compression = detectCompression(firstBytes(path));
  switch (compression) {
    case "none":
      yield* plainPieces(path);
      return;
    case "gzip":
    case "zstd":
      yield* inflatedPieces(path, compression);
      return;
    case "bzip2":
    case "xz":
      throw fail("invalid", `layers packed by ${compression} are not supported`);
  }
}

async function* plainPieces(path: string): AsyncGenerator<Uint8Array> {
  const fd = openSync(path, "r");
  try {
    const buffer = Buffer.allocUnsafe(pieceBytes);
    for (let piece = 1; ; piece++) {
      const length = readSync(fd, buffer, 0, pieceBytes, null);
      if (length === 0) return;
      yield buffer.subarray(0, length);
      if (piece % piecesPerTurn === 0) await setImmediate();
    }
  } finally {
    closeSync(fd);
  }
}

async function* inflatedPieces(path: string, compression: "gzip" | "zstd"): AsyncGenerator<Uint8Array> {
  const source = createReadStream(path, { highWaterMark: pieceBytes });
  const inflate = compression === "gzip" ? createGunzip({ chunkSize: pieceBytes }) : createZstdDecompress({ chunkSize: pieceBytes });
  source.on("error", (error) => inflate.destroy(error));
  source.pipe(inflate);
  try {
    for await (const piece of inflate) yield piece as Uint8Array;
  } catch (error) {
    throw fail("invalid", `the ${compression} stream is damaged: ${messageOf(error)}`, error);
  } finally {
    source.destroy();
    inflate.destroy();
  }
}

function firstBytes(path: string): Uint8Array {
  const fd = openSync(path, "r");
  try {
    const start = Buffer.alloc(detectionBytes);
    return start.subarray(0, readSync(fd, start, 0, detectionBytes, 0));
  } finally {
    closeSync(fd);
  }
}
