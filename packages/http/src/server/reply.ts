import type { IncomingMessage, ServerResponse } from "node:http";
import type { Writable } from "node:stream";
import { fail } from "@berth/base";
import { hijackedConnection } from "../hijack/connection.ts";
import { writeDrained } from "../hijack/writer.ts";
import type { ByteSink, HijackedConnection, HttpReply } from "../ports.ts";

/** Told when an answer becomes one that goes on until somebody ends it. */
export interface ReplyWatcher {
  readonly onStream: () => void;
  /** The connection was taken over. */
  readonly onHijack: () => void;
}

/** The answer to an ordinary request. */
export function replyOf(message: IncomingMessage, response: ServerResponse, watcher: ReplyWatcher): HttpReply {
  const headers = new Map<string, string>();
  let status = 0;

  function begin(code: number): void {
    if (status !== 0) throw fail("internal", "the answer has begun already");
    status = code;
    response.statusCode = code;
    for (const [name, value] of headers) response.setHeader(name, value);
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
      begin(code);
      if (body === undefined) {
        if (code !== 204 && code !== 304) response.setHeader("Content-Length", "0");
        response.end();
        return;
      }
      response.setHeader("Content-Type", body.type);
      response.setHeader("Content-Length", String(typeof body.bytes === "string" ? Buffer.byteLength(body.bytes) : body.bytes.length));
      response.end(body.bytes);
    },
    stream(code, type): ByteSink {
      begin(code);
      response.setHeader("Content-Type", type);
      response.flushHeaders();
      watcher.onStream();
      return sinkOf(response);
    },
    hijack(head): HijackedConnection {
      const socket = response.socket;
      if (status !== 0 || socket === null) throw fail("internal", "the connection can no longer be taken over");
      status = statusOf(head);
      watcher.onHijack();
      const connection = hijackedConnection(socket, message);
      socket.write(head);
      return connection;
    },
  };
}

/** What writes the pieces of an answer, as fast as its client takes them. */
export function sinkOf(stream: Writable): ByteSink {
  return {
    write: (bytes) => writeDrained(stream, bytes),
    end: () => {
      stream.end();
    },
    abort: () => {
      stream.destroy();
    },
  };
}

/** The status in an answer's head. */
export function statusOf(head: string): number {
  return Number(/^HTTP\/1\.1 (\d{3})/.exec(head)?.[1] ?? 0);
}
