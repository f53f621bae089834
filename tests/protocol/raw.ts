import net from "node:net";
import type tls from "node:tls";

/** A raw connection: what was sent and what came, byte for byte. */
export interface RawConnection {
  readonly socket: net.Socket;
  /** All that came so far. */
  text(): string;
  /** Whether the server has closed its half. */
  ended(): boolean;
  write(bytes: string | Uint8Array): void;
  /** Waits until `condition` holds for what came so far. */
  waitFor(condition: (text: string) => boolean, what: string): Promise<string>;
  /** Waits for the end of the server's half. */
  end(): Promise<string>;
  /** Closes at once, as a process that was killed. */
  destroy(): void;
}

const timeoutMs = 120_000;

/** Connects to a unix socket or a TCP port. */
export function connect(target: net.NetConnectOpts): Promise<RawConnection> {
  return new Promise((resolve, reject) => {
    const socket = net.connect({ allowHalfOpen: true, ...target }, () => resolve(watch(socket)));
    socket.once("error", reject);
  });
}

/** Watches a connection that is open already. */
export function watch(socket: net.Socket | tls.TLSSocket): RawConnection {
  let received = Buffer.alloc(0);
  let ended = false;
  const checks = new Set<() => void>();
  const wake = (): void => {
    for (const check of checks) check();
  };
  socket.on("data", (bytes: Buffer) => {
    received = Buffer.concat([received, bytes]);
    wake();
  });
  for (const event of ["end", "close", "error"]) {
    socket.on(event, () => {
      ended = true;
      wake();
    });
  }
  const text = (): string => received.toString("latin1");
  const wait = (done: () => boolean, what: string): Promise<string> =>
    new Promise((resolve, reject) => {
      const timer = setTimeout(() => {
        checks.delete(check);
        reject(new Error(`${what}: not in time; came so far: ${JSON.stringify(text())}`));
      }, timeoutMs);
      const check = (): void => {
        if (!done()) return;
        clearTimeout(timer);
        checks.delete(check);
        resolve(text());
      };
      checks.add(check);
      check();
    });
  return {
    socket,
    text,
    ended: () => ended,
    write: (bytes) => {
      socket.write(bytes);
    },
    waitFor: (condition, what) => wait(() => condition(text()), what),
    end: () => wait(() => ended, "the server's end"),
    destroy: () => {
      socket.destroy();
    },
  };
}

/** A request's bytes. */
export function request(line: string, headers: Readonly<Record<string, string>> = {}, body = ""): string {
  const all: Record<string, string> = { Host: "docker", ...headers };
  return `${line} HTTP/1.1\r\n${Object.entries(all)
    .map(([name, value]) => `${name}: ${value}\r\n`)
    .join("")}\r\n${body}`;
}

/** A request with a JSON body. */
export function jsonRequest(line: string, value: unknown, headers: Readonly<Record<string, string>> = {}): string {
  const body = JSON.stringify(value);
  return request(line, { "Content-Type": "application/json", "Content-Length": String(Buffer.byteLength(body)), ...headers }, body);
}

/** Status and headers (names in lower case) of an answer's head. */
export function headOf(text: string): {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly rest: string;
} {
  const end = text.indexOf("\r\n\r\n");
  const [first = "", ...lines] = text.slice(0, end).split("\r\n");
  const headers = Object.fromEntries(
    lines.map((line) => [line.slice(0, line.indexOf(":")).toLowerCase(), line.slice(line.indexOf(":") + 1).trim()]),
  );
  return { status: Number(first.split(" ")[1]), headers, rest: text.slice(end + 4) };
}

/** Whether an answer with Content-Length, or a chunked one, is whole. */
export function isWhole(text: string): boolean {
  if (!text.includes("\r\n\r\n")) return false;
  const { status, headers, rest } = headOf(text);
  if (status === 204 || status === 304) return true;
  if (headers["transfer-encoding"] === "chunked") return rest.endsWith("0\r\n\r\n");
  return rest.length >= Number(headers["content-length"] ?? "0");
}
