import http from "node:http";
import net from "node:net";

/** An answer of the Engine API, as it came over the wire. */
export interface ApiAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Buffer;
  /** The body as text. */
  readonly text: string;
  /** The body parsed as JSON; throws when it is none. */
  json<T = unknown>(): T;
}

export interface ApiRequest {
  readonly method?: string;
  readonly body?: unknown;
  /** Sent as it is, instead of `body`. */
  readonly raw?: string | Uint8Array;
  readonly headers?: Readonly<Record<string, string>>;
  /** Stops reading when it aborts; what came so far is the body. */
  readonly signal?: AbortSignal;
  readonly timeoutMs?: number;
  /** Called when the headers have come. */
  readonly onHead?: () => void;
  /** Called with each piece of the body as it comes. */
  readonly onChunk?: (chunk: Buffer) => void;
}

/** Talks to one engine over its unix socket, without any client library between. */
export class EngineApi {
  readonly socket: string;
  readonly version: string;

  /** @param version put before each path, e.g. `v1.41`; empty for none */
  constructor(socket: string, version = "v1.41") {
    this.socket = socket;
    this.version = version;
  }

  /** The same engine, asked in another API version. */
  at(version: string): EngineApi {
    return new EngineApi(this.socket, version);
  }

  /** Sends one request and reads the whole answer. */
  request(path: string, options: ApiRequest = {}): Promise<ApiAnswer> {
    const method = options.method ?? "GET";
    const payload = options.raw ?? (options.body === undefined ? undefined : JSON.stringify(options.body));
    const url = this.version === "" ? path : `/${this.version}${path}`;
    return new Promise((resolve, reject) => {
      const request = http.request(
        {
          socketPath: this.socket,
          path: url,
          method,
          headers: {
            Host: "docker",
            ...(payload === undefined ? {} : { "Content-Type": "application/json", "Content-Length": Buffer.byteLength(payload) }),
            ...options.headers,
          },
        },
        (response) => {
          options.onHead?.();
          const chunks: Buffer[] = [];
          const finish = (): void => {
            const body = Buffer.concat(chunks);
            const headers: Record<string, string> = {};
            for (const [name, value] of Object.entries(response.headers))
              headers[name] = Array.isArray(value) ? value.join(", ") : (value ?? "");
            resolve({
              status: response.statusCode ?? 0,
              headers,
              body,
              text: body.toString("utf8"),
              json: <T>() => JSON.parse(body.toString("utf8")) as T,
            });
          };
          options.signal?.addEventListener("abort", () => {
            finish();
            request.destroy();
          });
          response.on("data", (chunk: Buffer) => {
            chunks.push(chunk);
            options.onChunk?.(chunk);
          });
          response.on("end", finish);
          response.on("error", reject);
        },
      );
      request.setTimeout(options.timeoutMs ?? 60_000, () => request.destroy(new Error(`${method} ${path}: no answer in time`)));
      request.on("error", (error) => {
        if (options.signal?.aborted !== true) reject(error);
      });
      request.end(payload);
    });
  }

  get(path: string): Promise<ApiAnswer> {
    return this.request(path);
  }

  post(path: string, body?: unknown): Promise<ApiAnswer> {
    return this.request(path, { method: "POST", body });
  }

  delete(path: string): Promise<ApiAnswer> {
    return this.request(path, { method: "DELETE" });
  }

  /** Sends bytes as they are and returns the open connection. */
  open(bytes: string): Promise<net.Socket> {
    return new Promise((resolve, reject) => {
      const socket = net.connect({ path: this.socket, allowHalfOpen: true });
      socket.once("error", reject);
      socket.once("connect", () => {
        socket.write(bytes);
        resolve(socket);
      });
    });
  }

  /** A hijacked request (attach, exec start): head and raw stream. */
  async hijack(path: string, options: { readonly body?: unknown; readonly upgrade?: boolean } = {}): Promise<HijackedStream> {
    const payload = options.body === undefined ? "" : JSON.stringify(options.body);
    const url = this.version === "" ? path : `/${this.version}${path}`;
    const head = [
      `POST ${url} HTTP/1.1`,
      "Host: docker",
      "Content-Type: application/json",
      `Content-Length: ${Buffer.byteLength(payload)}`,
      ...(options.upgrade === false ? [] : ["Connection: Upgrade", "Upgrade: tcp"]),
      "",
      "",
    ].join("\r\n");
    return readHijacked(await this.open(head + payload));
  }
}

/** The open half of a hijacked connection. */
export interface HijackedStream {
  /** Status line and headers, as they came. */
  readonly head: string;
  readonly status: number;
  write(bytes: string | Uint8Array): void;
  /** Half close: end of stdin. */
  end(): void;
  /** All bytes until the server closes, or until `timeoutMs`. */
  rest(timeoutMs?: number): Promise<Buffer>;
  /** Waits until the bytes so far contain `text`. */
  waitFor(text: string, timeoutMs?: number): Promise<void>;
  close(): void;
}

function readHijacked(socket: net.Socket): Promise<HijackedStream> {
  return new Promise((resolve, reject) => {
    let head: string | null = null;
    let received = Buffer.alloc(0);
    let ended = false;
    const watchers = new Set<() => void>();
    socket.on("data", (chunk: Buffer) => {
      received = Buffer.concat([received, chunk]);
      if (head === null) {
        const end = received.indexOf("\r\n\r\n");
        if (end < 0) return;
        head = received.subarray(0, end).toString();
        received = received.subarray(end + 4);
        resolve(stream(head));
      }
      for (const watcher of watchers) watcher();
    });
    socket.on("end", () => {
      ended = true;
      if (head === null) reject(new Error("the connection ended before the head"));
      for (const watcher of watchers) watcher();
    });
    socket.on("error", (error) => {
      ended = true;
      reject(error);
      for (const watcher of watchers) watcher();
    });

    function wait(done: () => boolean, timeoutMs: number, what: string): Promise<void> {
      return new Promise((settle, fail) => {
        const check = (): void => {
          if (!done()) return;
          clearTimeout(timer);
          watchers.delete(check);
          settle();
        };
        const timer = setTimeout(() => {
          watchers.delete(check);
          fail(new Error(`${what}: not within ${timeoutMs} ms; so far ${JSON.stringify(received.toString())}`));
        }, timeoutMs);
        watchers.add(check);
        check();
      });
    }

    function stream(text: string): HijackedStream {
      return {
        head: text,
        status: Number(text.split(" ")[1]),
        write: (bytes) => {
          socket.write(bytes);
        },
        end: () => {
          socket.end();
        },
        rest: async (timeoutMs = 15_000) => {
          await wait(() => ended, timeoutMs, "end of the stream");
          socket.destroy();
          return received;
        },
        waitFor: (wanted, timeoutMs = 15_000) => wait(() => received.includes(wanted), timeoutMs, `output ${JSON.stringify(wanted)}`),
        close: () => {
          socket.destroy();
        },
      };
    }
  });
}

/** Takes Docker's stream frames apart: `[type, text]` of neighbouring frames of one type joined. */
export function demultiplex(bytes: Buffer): [number, string][] {
  const frames: [number, string][] = [];
  for (let at = 0; at + 8 <= bytes.length; ) {
    const type = bytes[at] ?? 0;
    const length = bytes.readUInt32BE(at + 4);
    const text = bytes.subarray(at + 8, at + 8 + length).toString();
    const last = frames.at(-1);
    if (last !== undefined && last[0] === type) last[1] += text;
    else frames.push([type, text]);
    at += 8 + length;
  }
  return frames;
}
