import { STATUS_CODES } from "node:http";
import type { Duplex } from "node:stream";
import { fail } from "@berth/base";
import { hijackedConnection } from "../hijack/connection.ts";
import type { HttpReply } from "../ports.ts";
import { type ReplyWatcher, sinkOf, statusOf } from "./reply.ts";

/**
 * The answer to a request that asked for an upgrade. It is written by hand, because the HTTP parser has let go of the
 * connection; when the answer is no hijack, the connection ends with it.
 */
export function rawReplyOf(socket: Duplex, watcher: ReplyWatcher): HttpReply {
  const headers = new Map<string, string>();
  let status = 0;

  function begin(code: number, extra: Readonly<Record<string, string>>): void {
    if (status !== 0) throw fail("internal", "the answer has begun already");
    status = code;
    let head = `HTTP/1.1 ${String(code)} ${STATUS_CODES[code] ?? ""}\r\n`;
    for (const [name, value] of [...headers, ...Object.entries(extra), ["Connection", "close"]]) head += `${name}: ${cleaned(value)}\r\n`;
    socket.write(`${head}\r\n`);
  }

  return {
    headers,
    get begun() {
      return status !== 0;
    },
    get status() {
      return status;
    },
    setHeader(name, value) {
      headers.set(name, value);
    },
    send(code, body) {
      if (body === undefined) {
        begin(code, code === 204 || code === 304 ? {} : { "Content-Length": "0" });
      } else {
        const bytes = Buffer.from(body.bytes);
        begin(code, { "Content-Type": body.type, "Content-Length": String(bytes.length) });
        socket.write(bytes);
      }
      socket.end();
    },
    stream(code, type) {
      begin(code, { "Content-Type": type });
      watcher.onStream();
      return sinkOf(socket);
    },
    hijack(head) {
      if (status !== 0) throw fail("internal", "the connection can no longer be taken over");
      status = statusOf(head);
      watcher.onHijack();
      const connection = hijackedConnection(socket, socket);
      socket.write(head);
      return connection;
    },
  };
}

function cleaned(value: string | undefined): string {
  return (value ?? "").replace(/[\r\n]/g, " ");
}
