import type { AnswerHead } from "./exchange.ts";
import type { ByteQueue } from "./queue.ts";

const longestLine = 16 * 1024;

/** How an answer's body ends. */
type Framing = { readonly kind: "none" | "chunked" | "close" } | { readonly kind: "length"; readonly bytes: number };

/** RFC 9112 section 6.3, for the answers that an engine gives. */
export function framingOf(method: string, { status, headers }: AnswerHead): Framing {
  if (method === "HEAD" || status === 204 || status === 304) return { kind: "none" };
  if (headers.get("transfer-encoding")?.toLowerCase().includes("chunked") === true) return { kind: "chunked" };
  const length = headers.get("content-length");
  if (length === undefined) return { kind: "close" };
  if (!/^\d{1,15}$/.test(length)) throw new Error("the answer's length is none");
  return { kind: "length", bytes: Number(length) };
}

/**
 * The bytes of a body.
 * @throws when the connection ends before the body does
 */
export async function* readBody(queue: ByteQueue, framing: Framing): AsyncGenerator<Uint8Array> {
  switch (framing.kind) {
    case "none":
      return;
    case "close":
      yield* queue;
      return;
    case "length":
      yield* readBytes(queue, framing.bytes);
      return;
    case "chunked":
      yield* readChunks(queue);
      return;
  }
}

async function* readChunks(queue: ByteQueue): AsyncGenerator<Uint8Array> {
  for (;;) {
    const line = await queue.readUntil("\r\n", longestLine);
    const size = /^([0-9a-fA-F]{1,12})\s*(?:;.*)?$/.exec(line)?.[1];
    if (size === undefined) throw new Error(line === "" ? "the connection was closed in the middle of an answer" : "the answer is no HTTP");
    const bytes = Number.parseInt(size, 16);
    if (bytes === 0) break;
    yield* readBytes(queue, bytes);
    await queue.readUntil("\r\n", longestLine);
  }
  // Fields behind the last chunk, up to an empty line.
  while ((await queue.readUntil("\r\n", longestLine)) !== "") continue;
}

async function* readBytes(queue: ByteQueue, size: number): AsyncGenerator<Uint8Array> {
  for (let rest = size; rest > 0; ) {
    const bytes = await queue.readUpTo(rest);
    if (bytes === undefined) throw new Error("the connection was closed in the middle of an answer");
    rest -= bytes.length;
    yield bytes;
  }
}
