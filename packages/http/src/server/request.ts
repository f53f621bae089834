import type { IncomingMessage } from "node:http";
import { fail } from "@berth/base";
import type { HttpRequest } from "../ports.ts";
import { readWhole } from "./body.ts";

/**
 * The handler's view of a request.
 * @throws invalid when the path or query is no valid URL text, or Content-Length is no number
 */
export function requestOf(message: IncomingMessage, options: { readonly upgrade: boolean; readonly signal: AbortSignal }): HttpRequest {
  const target = message.url ?? "/";
  const mark = target.indexOf("?");
  const queryText = mark < 0 ? "" : target.slice(mark + 1);
  const bodyLength = lengthOf(message);
  checkEscapes(queryText);
  return {
    method: message.method ?? "GET",
    path: decodePath(mark < 0 ? target : target.slice(0, mark)),
    queryText,
    query: new URLSearchParams(queryText),
    headers: message.headers,
    bodyLength,
    body: message,
    upgrade: options.upgrade,
    signal: options.signal,
    readBody: (limitBytes) => readWhole(message, { limitBytes, length: bodyLength }),
  };
}

function decodePath(path: string): string {
  checkEscapes(path);
  try {
    return decodeURIComponent(path);
  } catch (error) {
    throw fail("invalid", "invalid URL escape in path", error);
  }
}

function checkEscapes(text: string): void {
  const bad = /%(?![0-9a-fA-F]{2}).{0,2}/.exec(text);
  if (bad !== null) throw fail("invalid", `invalid URL escape ${JSON.stringify(bad[0])}`);
}

function lengthOf(message: IncomingMessage): number | null {
  if (message.headers["transfer-encoding"] !== undefined) return null;
  const text = message.headers["content-length"];
  if (text === undefined) return 0;
  if (!/^\d{1,15}$/.test(text)) throw fail("invalid", "bad Content-Length");
  return Number(text);
}
