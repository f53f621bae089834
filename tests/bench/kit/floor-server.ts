import { rmSync } from "node:fs";
import net from "node:net";

/**
 * An HTTP server on a unix socket that does nothing but say yes, in the way that the stock CLI's `run`, `exec` and `ps` expect it: what a
 * command takes against it is the least that it can take against any engine.
 */
export interface FloorServer {
  readonly socket: string;
  close(): void;
}

const id = "f".repeat(64);

/** Listens at `socket`. */
export async function openFloorServer(socket: string): Promise<FloorServer> {
  const connections = new Set<net.Socket>();
  /** Called when a container has been "started": its attached streams end, and so does the wait. */
  const ends: (() => void)[] = [];
  const server = net.createServer({ allowHalfOpen: true }, (connection) => {
    connections.add(connection);
    connection.on("close", () => connections.delete(connection));
    connection.on("error", () => connection.destroy());
    connection.on("end", () => connection.end());
    let received = "";
    connection.on("data", (chunk: Buffer) => {
      received += chunk.toString("latin1");
      for (let request = takeRequest(received); request !== null; request = takeRequest(received)) {
        received = request.rest;
        answer(connection, request, ends);
      }
    });
  });
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(socket, resolve);
  });
  return {
    socket,
    close: () => {
      server.close();
      for (const connection of connections) connection.destroy();
      rmSync(socket, { force: true });
    },
  };
}

interface FloorRequest {
  readonly method: string;
  /** Without the version. */
  readonly path: string;
  readonly rest: string;
}

/** The first whole request of what came so far. */
function takeRequest(received: string): FloorRequest | null {
  const end = received.indexOf("\r\n\r\n");
  if (end < 0) return null;
  const head = received.slice(0, end);
  const length = Number(/^content-length: *(\d+)/im.exec(head)?.[1] ?? "0");
  if (received.length < end + 4 + length) return null;
  const [method = "", target = ""] = head.split("\r\n", 1)[0]?.split(" ") ?? [];
  return { method, path: target.replace(/^\/v[\d.]+/, "").replace(/\?.*/, ""), rest: received.slice(end + 4 + length) };
}

function answer(connection: net.Socket, { method, path }: FloorRequest, ends: (() => void)[]): void {
  if (path === "/_ping") return reply(connection, 200, method === "HEAD" ? "" : "OK");
  if (path.endsWith("/attach")) {
    upgrade(connection);
    ends.push(() => connection.end());
  } else if (path.endsWith("/wait")) {
    connection.write("HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n");
    const text = '{"StatusCode":0}\n';
    ends.push(() => connection.write(`${text.length.toString(16)}\r\n${text}\r\n0\r\n\r\n`));
  } else if (/^\/containers\/[^/]+\/start$/.test(path)) {
    reply(connection, 204, "");
    for (const end of ends.splice(0)) end();
  } else if (/^\/exec\/[^/]+\/start$/.test(path)) {
    upgrade(connection);
    connection.end();
  } else if (path === "/containers/create" || /^\/containers\/[^/]+\/exec$/.test(path)) {
    reply(connection, 201, JSON.stringify({ Id: id, Warnings: [] }));
  } else if (/^\/exec\/[^/]+\/json$/.test(path)) reply(connection, 200, JSON.stringify({ ID: id, Running: false, ExitCode: 0 }));
  else if (path === "/containers/json") reply(connection, 200, "[]");
  else if (/^\/containers\/[^/]+\/json$/.test(path))
    reply(connection, 200, JSON.stringify({ Id: id, State: { Running: true }, Config: {} }));
  else reply(connection, 404, '{"message":"this server does nothing"}');
}

function reply(connection: net.Socket, status: number, body: string): void {
  const length = status === 204 ? "" : `Content-Length: ${Buffer.byteLength(body)}\r\n`;
  connection.write(`HTTP/1.1 ${status} OK\r\nApi-Version: 1.41\r\nOstype: linux\r\nContent-Type: application/json\r\n${length}\r\n${body}`);
}

function upgrade(connection: net.Socket): void {
  connection.write(
    "HTTP/1.1 101 UPGRADED\r\nContent-Type: application/vnd.docker.raw-stream\r\nConnection: Upgrade\r\nUpgrade: tcp\r\n\r\n",
  );
}
