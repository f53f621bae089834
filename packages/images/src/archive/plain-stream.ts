import { Readable } from "node:stream";
import { createGunzip, createZstdDecompress } from "node:zlib";
import { fail, messageOf } from "@berth/base";
import { spawnPiped } from "@berth/linux";
import { type Compression, detectCompression, detectionBytes } from "../unpack/compression.ts";

/** An archive's bytes with its outer packing taken off, and which packing that was. */
export interface PlainStream {
  readonly compression: Compression;
  readonly bytes: AsyncIterable<Uint8Array>;
}

/**
 * Takes the packing off a stream: gzip and zstd here, bzip2 and xz by the programs of those names. Packings named in
 * `keep` are left on.
 * @throws (while reading) invalid when the packed data are damaged
 */
export async function plainStream(source: Readable, keep: readonly Compression[] = []): Promise<PlainStream> {
  const { start, rest } = await peek(source);
  const compression = detectCompression(start);
  if (keep.includes(compression)) return { compression, bytes: rest };
  switch (compression) {
    case "none":
      return { compression, bytes: rest };
    case "gzip":
      return { compression, bytes: throughTransform(rest, createGunzip(), compression) };
    case "zstd":
      return { compression, bytes: throughTransform(rest, createZstdDecompress(), compression) };
    case "bzip2":
    case "xz":
      return { compression, bytes: throughProgram(rest, compression) };
  }
}

async function peek(source: Readable): Promise<{ start: Uint8Array; rest: AsyncIterable<Uint8Array> }> {
  const iterator = source[Symbol.asyncIterator]() as AsyncIterator<Uint8Array>;
  let start: Uint8Array = new Uint8Array(0);
  while (start.length < detectionBytes) {
    const next = await iterator.next();
    if (next.done === true) break;
    start = start.length === 0 ? next.value : Buffer.concat([start, next.value]);
  }
  return { start, rest: joined(start, iterator) };
}

async function* joined(start: Uint8Array, iterator: AsyncIterator<Uint8Array>): AsyncGenerator<Uint8Array> {
  try {
    if (start.length > 0) yield start;
    for (;;) {
      const next = await iterator.next();
      if (next.done === true) return;
      yield next.value;
    }
  } finally {
    await iterator.return?.();
  }
}

async function* throughTransform(
  bytes: AsyncIterable<Uint8Array>,
  transform: ReturnType<typeof createGunzip>,
  name: string,
): AsyncGenerator<Uint8Array> {
  const source = Readable.from(bytes);
  source.on("error", (error) => transform.destroy(error));
  source.pipe(transform);
  try {
    for await (const piece of transform) yield piece as Uint8Array;
  } catch (error) {
    throw fail("invalid", `the ${name} stream is damaged: ${messageOf(error)}`, error);
  } finally {
    source.destroy();
    transform.destroy();
  }
}

/** An xz stream names the memory that it wants, up to 4 GiB; `xz -9` makes streams that want 65 MiB. */
const programs = {
  bzip2: { options: [], problem: "the bzip2 stream is damaged" },
  xz: { options: ["--memlimit-decompress=256MiB"], problem: "the xz stream is damaged, or needs more than 256 MiB of memory" },
} as const;

async function* throughProgram(bytes: AsyncIterable<Uint8Array>, name: "bzip2" | "xz"): AsyncGenerator<Uint8Array> {
  const { options, problem: damage } = programs[name];
  const child = spawnPiped(name, ["-dc", ...options], { stdio: ["pipe", "pipe", "ignore"], env: { PATH: process.env["PATH"] } });
  const ended = new Promise<string | null>((resolve) => {
    child.on("error", () => resolve(`the archive is packed by ${name}, and there is no program of that name`));
    child.on("close", (code) => resolve(code === 0 ? null : damage));
  });
  // A program that stops early closes its input; `ended` says why.
  child.stdin.on("error", () => undefined);
  const source = Readable.from(bytes);
  let sourceError: Error | null = null;
  source.on("error", (error) => {
    sourceError = error;
    child.kill("SIGKILL");
  });
  source.pipe(child.stdin);
  try {
    for await (const piece of child.stdout) yield piece as Uint8Array;
    const problem = await ended;
    if (sourceError !== null) throw sourceError as Error;
    if (problem !== null) throw fail("invalid", problem);
  } finally {
    source.destroy();
    child.kill("SIGKILL");
  }
}
