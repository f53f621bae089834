import { fail, kindOf } from "@berth/base";
import { createRouter, type HttpHandler, type HttpReply, type HttpRequest } from "@berth/http";
import { compareVersions, isAtLeast, newestApiVersion, oldestApiVersion } from "@berth/spec";
import { type CallHandler, callOf } from "./call/call.ts";
import { errorBody, statusOfError } from "./call/errors.ts";
import type { ApiOptions } from "./ports.ts";
import { routes } from "./routes/list.ts";

/** The value of the `Server` header. */
export function serverHeader(version: string): string {
  return `Berth/${version} (linux)`;
}

/** Makes the Engine API: a handler for every listener. */
export function createApi(options: ApiOptions): HttpHandler {
  const route = createRouter<CallHandler>(routes);
  const log = options.log.with({ room: "api" });

  return async (request, reply) => {
    setCommonHeaders(options, reply);
    if (request.method === "OPTIONS") {
      reply.send(200);
      return;
    }
    const { version, path } = splitVersion(request.path);
    try {
      const match = route(request.method, path);
      if (match === null) throw fail("not-found", "page not found");
      checkVersion(version);
      await match.target(options, callOf({ request, reply, version: version ?? newestApiVersion, parameters: match.parameters }));
    } catch (error) {
      answerError({ error, request, reply, version });
      const kind = kindOf(error);
      if (kind === "internal" || kind === "exhausted") log.error("request failed", { method: request.method, path, error });
      else if (kind !== "not-modified") log.debug("request refused", { method: request.method, path, error });
    }
  };
}

function setCommonHeaders(options: ApiOptions, reply: HttpReply): void {
  reply.setHeader("Api-Version", newestApiVersion);
  reply.setHeader("Docker-Experimental", String(options.experimental));
  reply.setHeader("Ostype", "linux");
  reply.setHeader("Server", serverHeader(options.serverVersion));
}

function splitVersion(path: string): { readonly version: string | null; readonly path: string } {
  const match = /^\/v([0-9.]+)(\/.*)$/s.exec(path);
  return match === null ? { version: null, path } : { version: match[1] ?? "", path: match[2] ?? "/" };
}

function checkVersion(version: string | null): void {
  if (version === null) return;
  if (!isAtLeast(version, oldestApiVersion)) {
    throw fail(
      "invalid",
      `client version ${version} is too old. Minimum supported API version is ${oldestApiVersion}, please upgrade your client to a newer version`,
    );
  }
  if (compareVersions(version, newestApiVersion) > 0) {
    throw fail("invalid", `client version ${version} is too new. Maximum supported API version is ${newestApiVersion}`);
  }
}

function answerError(options: {
  readonly error: unknown;
  readonly request: HttpRequest;
  readonly reply: HttpReply;
  readonly version: string | null;
}): void {
  const { error, request, reply, version } = options;
  if (reply.begun || request.signal.aborted) return;
  const status = statusOfError(error);
  if (status === 304) {
    reply.send(304);
    return;
  }
  const body = errorBody(error);
  // Clients older than 1.24 cannot read JSON errors.
  if (version !== null && !isAtLeast(version, oldestApiVersion)) {
    reply.send(status, { type: "text/plain; charset=utf-8", bytes: `${JSON.parse(body).message}\n` });
    return;
  }
  reply.send(status, { type: "application/json", bytes: body });
}
