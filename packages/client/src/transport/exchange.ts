import type { HijackAnswer, HijackedStream } from "../ports.ts";
import type { Channel } from "./channel.ts";
import type { ByteQueue } from "./queue.ts";

/** A request for an upgrade to raw streams. */
export interface HijackRequest {
  readonly hostHeader: string;
  readonly method: string;
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** The head of an answer. */
export interface AnswerHead {
  readonly status: number;
  /** By lower-case name; the last of several. */
  readonly headers: ReadonlyMap<string, string>;
}

const longestHead = 64 * 1024;
const longestRefusal = 1024 * 1024;

/**
 * Sends a request with `Upgrade: tcp` over a channel of its own. `fetch` cannot do this: after the answer's head the
 * connection carries raw bytes, and each direction ends by itself.
 */
export async function hijackChannel(channel: Channel, request: HijackRequest): Promise<HijackAnswer> {
  const headers = {
    Host: request.hostHeader,
    "User-Agent": "berth",
    ...request.headers,
    Connection: "Upgrade",
    Upgrade: "tcp",
    "Content-Length": String(Buffer.byteLength(request.body)),
  };
  await channel.write(new TextEncoder().encode(headText(request.method, request.path, headers) + request.body));
  const { status, headers: answered } = await readHead(channel);
  if (status !== 101 && status !== 200) {
    const body = await readRefusal(channel.input, answered.get("content-length"));
    channel.close();
    return { kind: "refused", status, body };
  }
  const stream: HijackedStream = {
    contentType: answered.get("content-type") ?? "",
    output: channel.input,
    write: (bytes) => channel.write(bytes),
    closeWrite: () => channel.closeWrite(),
    close: () => channel.close(),
  };
  return { kind: "stream", stream };
}

/** The head of a request, with the empty line. */
export function headText(method: string, path: string, headers: Readonly<Record<string, string>>): string {
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`);
  return `${method} ${path} HTTP/1.1\r\n${lines.join("")}\r\n`;
}

/**
 * Reads the head of an answer; what follows stays in the channel.
 * @throws when the channel ends before or carries no HTTP
 */
export async function readHead(channel: Channel): Promise<AnswerHead> {
  const text = await channel.input.readUntil("\r\n\r\n", longestHead);
  const [first = "", ...lines] = text.split("\r\n");
  const status = Number(/^HTTP\/1\.[01] (\d{3})/.exec(first)?.[1] ?? 0);
  if (status === 0) {
    const reason = text === "" ? await channel.reason() : undefined;
    channel.close();
    throw new Error(reason ?? (text === "" ? "the connection was closed without an answer" : "the answer is no HTTP"));
  }
  const headers = lines.map((line): [string, string] => {
    const colon = line.indexOf(":");
    return [line.slice(0, colon).toLowerCase(), line.slice(colon + 1).trim()];
  });
  return { status, headers: new Map(headers) };
}

async function readRefusal(queue: ByteQueue, length: string | undefined): Promise<string> {
  const parts: Uint8Array[] = [];
  let size = 0;
  const limit = Math.min(Number(length ?? longestRefusal), longestRefusal);
  if (limit > 0) {
    for await (const part of queue) {
      parts.push(part);
      size += part.length;
      if (size >= limit) break;
    }
  }
  const text = Buffer.concat(parts).toString();
  // Chunked: an error is short and comes in one chunk between its size and the empty chunk.
  return /^[0-9a-f]+\r\n/i.test(text) ? text.replace(/^[0-9a-f]+\r\n/i, "").replace(/\r\n0\r\n\r\n$/, "") : text;
}
