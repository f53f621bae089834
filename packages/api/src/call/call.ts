import { fail } from "@berth/base";
import type { HttpReply, HttpRequest } from "@berth/http";
import { goShape, JsonSyntaxError, parseGoJson, writeJson } from "@berth/spec";
import type { ApiOptions } from "../ports.ts";
import { Query } from "./query.ts";

/** Longest JSON body of a request. */
const maxJsonBytes = 8 * 1024 * 1024;

/** One request on its way through the door. */
export interface Call {
  readonly request: HttpRequest;
  readonly reply: HttpReply;
  /** API version that was asked for; the newest when none was. */
  readonly version: string;
  /** A part of the path by its name in the route. */
  readonly path: (name: string) => string;
  readonly query: Query;
}

/** What a route does: parse, call one function, format. */
export type CallHandler = (api: ApiOptions, call: Call) => Promise<void> | void;

/** Makes a {@link Call}. */
export function callOf(options: {
  readonly request: HttpRequest;
  readonly reply: HttpReply;
  readonly version: string;
  readonly parameters: Readonly<Record<string, string>>;
}): Call {
  const { request, reply, version, parameters } = options;
  return { request, reply, version, path: (name) => parameters[name] ?? "", query: new Query(request.query) };
}

/** Answers with JSON, ended by a newline as Go's encoder does. */
export function sendJson(call: Call, status: number, value: unknown): void {
  call.reply.send(status, { type: "application/json", bytes: `${writeJson(value)}\n` });
}

/**
 * Reads a JSON body of a known shape; null when there is none.
 * @throws invalid for another content type, for text that is no JSON and for values of the wrong type, in Docker's words
 */
export async function readJson<T>(call: Call, shape: goShape.Shape): Promise<T | null> {
  const type = call.request.headers["content-type"];
  if (type === undefined || type === "") {
    if (call.request.bodyLength === 0) return null;
    throw fail("invalid", "Content-Type specified () must be 'application/json'");
  }
  checkContentType(type);
  if (call.request.bodyLength === 0) return null;
  const bytes = await call.request.readBody(maxJsonBytes);
  return decodeJson(Buffer.from(bytes).toString("utf8"), shape) as T;
}

/** Refuses a body that is there and no JSON. */
export function checkContentType(type: string): void {
  const media = (type.split(";", 1)[0] ?? "").trim().toLowerCase();
  if (media !== "application/json") throw fail("invalid", `Content-Type specified (${type}) must be 'application/json'`);
}

function decodeJson(text: string, shape: goShape.Shape): unknown {
  try {
    const value = parseGoJson(text);
    return value === null ? null : goShape.fitShape(value, shape);
  } catch (error) {
    if (error instanceof JsonSyntaxError && error.message === "EOF") throw fail("invalid", "got EOF while reading request body", error);
    if (error instanceof JsonSyntaxError || error instanceof goShape.JsonTypeError) throw fail("invalid", error.message, error);
    throw error;
  }
}
