import { createDeflateRaw, createGzip } from "node:zlib";
import type { Transform } from "node:stream";
import { Readable } from "node:stream";
import type { Call } from "../call/call.ts";
import type { ApiOptions } from "../ports.ts";

/** Sends an archive as it is made; one that ends early is cut, so that it does not look whole. */
export async function sendArchive(
  { log }: ApiOptions,
  { reply, request }: Call,
  options: { readonly archive: AsyncIterable<Uint8Array>; readonly type: string; readonly packed: boolean; readonly what: string },
): Promise<void> {
  const packing = options.packed ? packingOf(String(request.headers["accept-encoding"] ?? "")) : null;
  if (packing !== null) reply.setHeader("Content-Encoding", packing);
  const pieces = packing === null ? options.archive : packed(options.archive, packing === "gzip" ? createGzip() : createDeflateRaw());
  const sink = reply.stream(200, options.type);
  try {
    for await (const bytes of pieces) await sink.write(bytes);
    sink.end();
  } catch (error) {
    sink.abort();
    if (!request.signal.aborted) log.error("an archive was cut", { what: options.what, error });
  }
}

/** The packing that a client prefers of those that Docker offers; null for none. */
function packingOf(accepted: string): "gzip" | "deflate" | null {
  const offers = new Map<string, number>();
  for (const item of accepted.split(",")) {
    const [name = "", ...parameters] = item.split(";").map((part) => part.trim().toLowerCase());
    const quality = parameters.find((parameter) => parameter.startsWith("q="))?.slice(2) ?? "1";
    offers.set(name, /^[01](\.\d{0,3})?$/.test(quality) ? Number(quality) : 0);
  }
  const plain = offers.get("identity") ?? 0;
  const [gzip, deflate] = [offers.get("gzip") ?? offers.get("*") ?? 0, offers.get("deflate") ?? 0];
  if (Math.max(gzip, deflate) <= 0 || Math.max(gzip, deflate) < plain) return null;
  return gzip >= deflate ? "gzip" : "deflate";
}

async function* packed(archive: AsyncIterable<Uint8Array>, transform: Transform): AsyncGenerator<Uint8Array> {
  const source = Readable.from(archive);
  source.on("error", (error) => transform.destroy(error));
  source.pipe(transform);
  try {
    for await (const bytes of transform) yield bytes as Uint8Array;
  } finally {
    source.destroy();
    transform.destroy();
  }
}
