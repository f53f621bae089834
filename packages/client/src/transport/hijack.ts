import { deferred } from "@berth/base";
import type { Socket } from "bun";
import type { HijackAnswer, HijackedStream } from "../ports.ts";
import { ByteQueue } from "./queue.ts";

/** Where to connect and what to ask. */
export interface HijackRequest {
  readonly target: { readonly unix: string } | { readonly hostname: string; readonly port: number };
  readonly tls?: { readonly ca?: string; readonly cert?: string; readonly key?: string; readonly rejectUnauthorized: boolean };
  readonly hostHeader: string;
  readonly method: string;
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

const longestHead = 64 * 1024;
const longestRefusal = 1024 * 1024;

/**
 * Sends a request with `Upgrade: tcp` over a connection of its own. `fetch` cannot do this: after the answer's head
 * the connection carries raw bytes, and each direction ends by itself.
 */
export async function openHijack(request: HijackRequest): Promise<HijackAnswer> {
  const queue = new ByteQueue();
  const opened = deferred<Socket>();
  // Bun.connect rejects too; the first of the two tells.
  opened.promise.catch(() => undefined);
  let wake = deferred<void>();
  const handlers = {
    open: (socket: Socket) => opened.resolve(socket),
    data: (socket: Socket, bytes: Buffer) => {
      // The buffer belongs to the socket and is used again.
      if (queue.push(new Uint8Array(bytes))) socket.pause();
    },
    drain: () => {
      wake.resolve();
      wake = deferred<void>();
    },
    end: () => queue.end(),
    close: () => {
      queue.end();
      wake.resolve();
    },
    error: (_socket: Socket, error: Error) => {
      queue.end();
      opened.reject(error);
      wake.resolve();
    },
    connectError: (_socket: Socket, error: Error) => opened.reject(error),
  };
  const options = { socket: handlers, allowHalfOpen: true, ...(request.tls === undefined ? {} : { tls: request.tls }) };
  await ("unix" in request.target
    ? Bun.connect({ ...options, unix: request.target.unix })
    : Bun.connect({ ...options, ...request.target }));
  const socket = await opened.promise;
  queue.onSpace = () => socket.resume();

  let ended = false;
  async function write(bytes: Uint8Array): Promise<void> {
    let rest = bytes;
    while (rest.length > 0 && !ended && socket.readyState > 0) {
      const written = socket.write(rest);
      if (written < 0) return;
      rest = rest.subarray(written);
      if (rest.length > 0) await wake.promise;
    }
  }
  await write(new TextEncoder().encode(requestText(request)));
  const head = parseHead(await queue.readUntil("\r\n\r\n", longestHead));
  if (head.status !== 101 && head.status !== 200) {
    const body = await readRefusal(queue, head.length);
    socket.terminate();
    return { kind: "refused", status: head.status, body };
  }
  const stream: HijackedStream = {
    contentType: head.contentType,
    output: queue,
    write,
    closeWrite: () => {
      if (!ended) socket.shutdown();
      ended = true;
    },
    close: () => {
      ended = true;
      socket.terminate();
      queue.end();
    },
  };
  return { kind: "stream", stream };
}

function requestText(request: HijackRequest): string {
  const headers = {
    Host: request.hostHeader,
    "User-Agent": "berth",
    Connection: "Upgrade",
    Upgrade: "tcp",
    "Content-Length": String(Buffer.byteLength(request.body)),
    ...request.headers,
  };
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}`);
  return `${request.method} ${request.path} HTTP/1.1\r\n${lines.join("\r\n")}\r\n\r\n${request.body}`;
}

function parseHead(text: string): { status: number; contentType: string; length: number | undefined } {
  const [first = "", ...lines] = text.split("\r\n");
  const status = Number(/^HTTP\/1\.[01] (\d{3})/.exec(first)?.[1] ?? 0);
  if (status === 0) throw new Error(text === "" ? "the connection was closed without an answer" : "the answer is no HTTP");
  const headers = new Map(lines.map((line) => [line.slice(0, line.indexOf(":")).toLowerCase(), line.slice(line.indexOf(":") + 1).trim()]));
  const length = headers.get("content-length");
  return { status, contentType: headers.get("content-type") ?? "", length: length === undefined ? undefined : Number(length) };
}

async function readRefusal(queue: ByteQueue, length: number | undefined): Promise<string> {
  const parts: Uint8Array[] = [];
  let size = 0;
  const limit = Math.min(length ?? longestRefusal, longestRefusal);
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
