import { createHash } from "node:crypto";
import { fail } from "@berth/base";
import type { HttpRequest } from "../ports.ts";

/** What both sides append to the key (RFC 6455, 1.3). */
const magic = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";
const version = "13";

/**
 * Checks a request to switch to WebSocket (RFC 6455, 4.2.1).
 * A page of another site that a browser shows must not talk to the engine: an `Origin` has to be the host that was asked.
 * @returns the head of the answer that accepts it
 * @throws invalid naming what is missing; forbidden for another site's page
 */
export function acceptWebSocket(request: Pick<HttpRequest, "method" | "headers" | "upgrade">): string {
  const { headers } = request;
  if (!request.upgrade || headers.upgrade?.toLowerCase() !== "websocket" || request.method !== "GET") {
    throw fail("invalid", "not websocket protocol: expected a GET request with the headers Connection: Upgrade and Upgrade: websocket");
  }
  if (headers["sec-websocket-version"] !== version)
    throw fail("invalid", `missing or bad WebSocket version: Berth speaks version ${version}`);
  const key = headers["sec-websocket-key"] ?? "";
  if (!/^[A-Za-z0-9+/]{22}==$/.test(key)) throw fail("invalid", "bad Sec-WebSocket-Key: expected 16 bytes in base64");
  const { origin } = headers;
  if (origin !== undefined && hostOf(origin) !== (headers.host ?? "").toLowerCase()) {
    throw fail("forbidden", `a page of ${JSON.stringify(origin)} may not attach to containers of this engine`);
  }
  const accept = createHash("sha1").update(`${key}${magic}`).digest("base64");
  return `HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: ${accept}\r\n\r\n`;
}

/** The host of an origin with its port, as a Host header has it; empty for what is none (`null`). */
function hostOf(origin: string): string {
  return URL.canParse(origin) ? new URL(origin).host.toLowerCase() : "";
}
