import { zstdCompressSync } from "node:zlib";

/** Packs by the program of that name, as users do. */
async function byProgram(program: string, bytes: Buffer): Promise<Buffer> {
  const child = Bun.spawn([program, "-c"], { stdin: bytes, stdout: "pipe" });
  return Buffer.from(await new Response(child.stdout).arrayBuffer());
}

export function bzip2(bytes: Buffer): Promise<Buffer> {
  return byProgram("bzip2", bytes);
}

export function xz(bytes: Buffer): Promise<Buffer> {
  return byProgram("xz", bytes);
}

export async function zstd(bytes: Buffer): Promise<Buffer> {
  return zstdCompressSync(bytes);
}
