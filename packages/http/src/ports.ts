import type { IncomingHttpHeaders } from "node:http";
import type { Readable } from "node:stream";

/** A request as handlers see it. */
export interface HttpRequest {
  readonly method: string;
  /** Decoded path without the query. */
  readonly path: string;
  /** The raw text after `?`, without it. */
  readonly queryText: string;
  readonly query: URLSearchParams;
  readonly headers: IncomingHttpHeaders;
  /** `Content-Length`; null for a chunked body, 0 when there is no body. */
  readonly bodyLength: number | null;
  /** The body as it comes; whoever does not read it leaves it to the server. */
  readonly body: Readable;
  /** Whether the client asked to switch protocols (`Connection: Upgrade`). */
  readonly upgrade: boolean;
  /** Aborts when the client is gone. */
  readonly signal: AbortSignal;
  /** Whole body, for JSON. Throws invalid when it is longer than `limitBytes`. */
  readBody(limitBytes: number): Promise<Uint8Array>;
}

/** A body that is sent in pieces. */
export interface ByteSink {
  /** Resolves when the kernel took the bytes or room is left; throws `cancelled` when the client is gone. */
  write(bytes: Uint8Array | string): Promise<void>;
  /** The end of the body. */
  end(): void;
  /** Cuts the connection, so that the client sees that the body is not whole. */
  abort(): void;
}

/** A connection that was taken over from HTTP. */
export interface HijackedConnection {
  /** The client's bytes until its half close. Ends early when the connection is closed. */
  readonly input: AsyncIterable<Uint8Array>;
  /** As {@link ByteSink.write}. */
  write(bytes: Uint8Array | string): Promise<void>;
  /** Half close after what was written; the connection goes away when the client closes too, or after a while. */
  end(): void;
  /** Aborts when the connection is closed both ways. */
  readonly signal: AbortSignal;
}

/** A connection that speaks WebSocket; messages have no borders here, their bytes are one stream. */
export interface WebSocketConnection {
  /** The client's bytes until it closes or breaks the protocol. Pings are answered only while it is read. */
  readonly input: AsyncIterable<Uint8Array>;
  /** One message. Resolves and throws as {@link ByteSink.write}; after a close nothing is sent. */
  send(kind: "text" | "binary", bytes: Uint8Array): Promise<void>;
  /** Says goodbye and ends the connection; more than once is no error. */
  close(code: "normal" | "goingAway"): Promise<void>;
  /** Aborts when the connection is closed both ways. */
  readonly signal: AbortSignal;
}

/** The answer to a request; exactly one of `send`, `stream` and `hijack` is called, once. */
export interface HttpReply {
  /** Whether the answer has begun. */
  readonly begun: boolean;
  /** Status that was sent, 0 before. */
  readonly status: number;
  setHeader(name: string, value: string): void;
  /** Headers that were set so far. */
  readonly headers: ReadonlyMap<string, string>;
  /** A whole answer. 204 and 304 never have a body. */
  send(status: number, body?: { readonly type: string; readonly bytes: Uint8Array | string }): void;
  /** Status and headers leave at once; the body follows in pieces. */
  stream(status: number, type: string): ByteSink;
  /** Takes the connection over. `head` is the whole answer's head, with its empty line. */
  hijack(head: string): HijackedConnection;
}

/** What a server does with a request. It must not throw; what it throws is logged and answered with 500. */
export type HttpHandler = (request: HttpRequest, reply: HttpReply) => Promise<void>;
