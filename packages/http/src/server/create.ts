import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { createServer as createTlsServer } from "node:https";
import type { Duplex } from "node:stream";
import { type Logger, kindOf, messageOf } from "@berth/base";
import type { HttpHandler, HttpReply } from "../ports.ts";
import type { TlsMaterial } from "../tls/load.ts";
import { rawReplyOf } from "./raw-reply.ts";
import { replyOf } from "./reply.ts";
import { requestOf } from "./request.ts";
import { openStreams } from "./streams.ts";

export interface ServerOptions {
  readonly handler: HttpHandler;
  readonly log: Logger;
  /** Set for TLS listeners. */
  readonly tls?: TlsMaterial;
  /** Headers of all answers, those to unreadable requests included. */
  readonly serverHeader: string;
}

/** Longest request head: X-Registry-Config of a build can be large. */
const maxHeaderBytes = 1024 * 1024;
/** How long a client may take to send its head. */
const headersTimeoutMs = 30_000;
/** How long an idle connection is kept. */
const keepAliveTimeoutMs = 120_000;
/** How long the rest of a body that nobody wants is taken in. */
const unreadBodyMs = 5_000;

/** A server, and the way to end what would never end by itself. */
export interface HttpServer {
  readonly server: Server;
  /**
   * Winds down: answers that are streams and connections that were taken over end at once; other answers go on, and their connections
   * close behind them.
   */
  readonly windDown: () => void;
}

/** Makes a server that nobody listens with yet. Follow streams may idle for hours, so requests have no time limit. */
export function createHttpServer(options: ServerOptions): HttpServer {
  const settings = {
    maxHeaderSize: maxHeaderBytes,
    headersTimeout: headersTimeoutMs,
    requestTimeout: 0,
    keepAliveTimeout: keepAliveTimeoutMs,
    connectionsCheckingInterval: 5_000,
  };
  const server: Server = options.tls === undefined ? createServer(settings) : createTlsServer({ ...settings, ...options.tls });
  server.timeout = 0;
  const hijacked = new WeakSet<Duplex>();
  const streams = openStreams();
  let windingDown = false;
  server.on("request", (message: IncomingMessage, response: ServerResponse) => {
    const gone = new AbortController();
    response.once("close", () => {
      if (!response.writableFinished) gone.abort();
      if (windingDown) setImmediate(() => server.closeIdleConnections());
    });
    response.on("error", () => {
      // Noticed by "close"; without a listener the error would end the daemon.
    });
    const socket = message.socket;
    const stream = {
      end: () => gone.abort(),
      cut: () => socket.destroy(),
      onClose: (done: () => void) => response.once("close", done),
    };
    const reply = replyOf(message, response, {
      onStream: () => streams.add(stream),
      onHijack: () => {
        hijacked.add(socket);
        streams.add({ ...stream, end: () => socket.end(), onClose: (done) => socket.once("close", done) });
      },
    });
    serve({ message, reply, upgrade: false, signal: gone.signal, options, hijacked: () => hijacked.has(socket) });
  });
  server.on("upgrade", (message: IncomingMessage, socket: Duplex, head: Buffer) => {
    // What came along with the head belongs to whoever takes the connection over.
    if (head.length > 0) socket.unshift(head);
    const gone = new AbortController();
    socket.once("close", () => gone.abort());
    socket.on("error", () => {
      // Noticed by "close".
    });
    const stream = {
      end: () => gone.abort(),
      cut: () => socket.destroy(),
      onClose: (done: () => void) => socket.once("close", done),
    };
    const reply = rawReplyOf(socket, {
      onStream: () => streams.add(stream),
      onHijack: () => streams.add({ ...stream, end: () => socket.end() }),
    });
    serve({ message, reply, upgrade: true, signal: gone.signal, options, hijacked: () => true });
  });
  server.on("clientError", (error: Error & { code?: string }, socket: Duplex) => {
    // Bytes after a hijack without upgrade reach the HTTP parser, which cannot read them; such a connection lives on.
    if (!hijacked.has(socket)) answerUnreadable(error, socket, options);
  });
  return {
    server,
    windDown() {
      windingDown = true;
      server.closeIdleConnections();
      streams.end();
    },
  };
}

interface Exchange {
  readonly message: IncomingMessage;
  readonly reply: HttpReply;
  readonly upgrade: boolean;
  readonly signal: AbortSignal;
  readonly options: ServerOptions;
  readonly hijacked: () => boolean;
}

function serve(exchange: Exchange): void {
  const { message, reply, options } = exchange;
  const startedAt = performance.now();
  message.on("error", () => {
    // A client that leaves in the middle of its body is noticed by whoever reads it.
  });
  run(exchange)
    .catch((error: unknown) => {
      if (kindOf(error) !== "cancelled") options.log.error("request failed", { method: message.method, path: pathOf(message), error });
    })
    .finally(() => {
      if (!reply.begun && !exchange.signal.aborted) reply.send(500, { type: "text/plain; charset=utf-8", bytes: "internal error\n" });
      options.log.debug("request", {
        method: message.method,
        path: pathOf(message),
        status: reply.status,
        durationMs: Math.round(performance.now() - startedAt),
      });
      if (!exchange.upgrade && !exchange.hijacked()) discardBody(message);
    });
}

async function run({ message, reply, upgrade, signal, options }: Exchange): Promise<void> {
  let request: ReturnType<typeof requestOf>;
  try {
    request = requestOf(message, { upgrade, signal });
  } catch (error) {
    reply.setHeader("Server", options.serverHeader);
    reply.send(400, { type: "application/json", bytes: `${JSON.stringify({ message: messageOf(error) })}\n` });
    return;
  }
  await options.handler(request, reply);
}

/** The query may hold what is no business of a log. */
function pathOf(message: IncomingMessage): string {
  return (message.url ?? "").split("?", 1)[0] ?? "";
}

/** A body that nobody read would block the connection's next request; one that does not end soon ends the connection. */
function discardBody(message: IncomingMessage): void {
  if (message.readableEnded || message.destroyed) return;
  message.resume();
  const timer = setTimeout(() => {
    if (!message.readableEnded) message.socket.destroy();
  }, unreadBodyMs);
  timer.unref();
  message.once("end", () => clearTimeout(timer));
  message.once("close", () => clearTimeout(timer));
}

function answerUnreadable(error: Error & { code?: string }, socket: Duplex, options: ServerOptions): void {
  options.log.debug("unreadable request", { code: error.code });
  if (!socket.writable || socket.destroyed || error.code === "ECONNRESET") {
    socket.destroy();
    return;
  }
  const [status, text] = error.code === "HPE_HEADER_OVERFLOW" ? [431, "Request Header Fields Too Large"] : [400, "Bad Request"];
  socket.end(
    `HTTP/1.1 ${String(status)} ${text}\r\nContent-Type: text/plain; charset=utf-8\r\nConnection: close\r\n\r\n${String(status)} ${text}`,
  );
}
