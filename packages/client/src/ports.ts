/** A request below the API version: the path is what the server shall see. */
export interface TransportRequest {
  readonly method: "GET" | "HEAD" | "POST" | "PUT" | "DELETE";
  /** With version prefix and query. */
  readonly path: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** Text is sent as JSON. A stream is sent in chunks, once. */
  readonly body?: string | ReadableStream<Uint8Array> | Blob;
  readonly signal?: AbortSignal;
}

/** A connection that the server turned into two raw streams. */
export interface HijackedStream {
  /** Content type of the answer; empty when the server sent none. */
  readonly contentType: string;
  /** What the server sends, until it closes. Reading slowly slows the server down. */
  readonly output: AsyncIterable<Uint8Array>;
  /** Resolves when the bytes left this process's hands; resolves at once after the connection has ended. */
  write(bytes: Uint8Array): Promise<void>;
  /** Tells the server that no more input comes; output goes on. */
  closeWrite(): void;
  /** Ends both directions at once. */
  close(): void;
}

/** The answer to a request for a hijacked stream: a stream, or an ordinary answer that refuses it. */
export type HijackAnswer =
  | { readonly kind: "stream"; readonly stream: HijackedStream }
  | { readonly kind: "refused"; readonly status: number; readonly body: string };

/**
 * How requests reach an engine. The client itself knows no sockets: the CLI passes unix sockets and TCP, a browser
 * `fetch`, a test what it likes.
 */
export interface Transport {
  /** As the user wrote it, for messages: `unix:///run/berth/berth.sock`. */
  readonly address: string;
  /** Rejects with kind `unavailable` when the engine cannot be reached. */
  request(request: TransportRequest): Promise<Response>;
  /** As `request`, asking for an upgrade to raw streams. */
  hijack(request: TransportRequest): Promise<HijackAnswer>;
}
