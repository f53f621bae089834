import { fail, kindOf, messageOf } from "@berth/base";
import { compareVersions, newestApiVersion } from "@berth/spec";
import type { HijackedStream, Transport, TransportRequest } from "../ports.ts";
import { errorOf } from "./errors.ts";

/** Values of a query; what is undefined is left out. */
export type Query = Readonly<Record<string, string | number | boolean | undefined | readonly string[]>>;

/** A call of the Engine API. */
export interface Call {
  readonly method: TransportRequest["method"];
  /** Without version and query. */
  readonly path: string;
  readonly query?: Query;
  /** Sent as JSON. */
  readonly json?: unknown;
  /** Sent as it is, with `contentType`. */
  readonly body?: ReadableStream<Uint8Array> | Blob;
  readonly contentType?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly signal?: AbortSignal;
  /** Statuses besides 2xx that are no error. */
  readonly accept?: readonly number[];
}

/**
 * Calls of one engine. Asks for the newest API version first and goes down to what the engine offers when it refuses,
 * so that no extra question is needed for an engine of the same age.
 */
export class Connection {
  readonly #transport: Transport;
  readonly #fixed: boolean;
  #version: string;
  #settled = false;

  /** @param apiVersion fixes the version (as `DOCKER_API_VERSION` does); nothing is negotiated then */
  constructor(transport: Transport, apiVersion?: string) {
    this.#transport = transport;
    this.#fixed = apiVersion !== undefined;
    this.#version = apiVersion ?? newestApiVersion;
  }

  /** The engine's address, for messages. */
  get address(): string {
    return this.#transport.address;
  }

  /** The API version in use; changes at most once, with the first answer. */
  get apiVersion(): string {
    return this.#version;
  }

  /**
   * Makes a call and waits for the head of the answer.
   * @throws the engine's refusal, or `unavailable` when it cannot be reached
   */
  async send(call: Call): Promise<Response> {
    if (call.body !== undefined) await this.negotiate();
    for (;;) {
      const response = await this.#transport.request(this.#requestOf(call));
      if (response.ok || (call.accept?.includes(response.status) ?? false)) {
        this.#settled = true;
        return response;
      }
      const body = await response.text();
      if (!this.#stepDown(response.status, body)) throw errorOf(response.status, body);
    }
  }

  /** Makes a call and reads its JSON answer. The caller names the shape; the engine is trusted to keep it. */
  async json<T>(call: Call): Promise<T> {
    return (await (await this.send(call)).json()) as T;
  }

  /** As {@link json}, for a route of Berth's own. @throws not-implemented when the engine is none that has it */
  async extension<T>(call: Call): Promise<T> {
    try {
      return await this.json<T>(call);
    } catch (error) {
      // What Docker says of a path that it does not know; of an object it says more.
      if (kindOf(error) !== "not-found" || messageOf(error) !== "page not found") throw error;
      throw fail("not-implemented", `the engine at ${this.address} cannot do this: it is no Berth, or an older one`, error);
    }
  }

  /** Makes a call whose answer has no content. */
  async done(call: Call): Promise<void> {
    await (await this.send(call)).arrayBuffer();
  }

  /** Makes a call that the engine turns into raw streams. */
  async hijack(call: Call): Promise<HijackedStream> {
    for (;;) {
      const answer = await this.#transport.hijack(this.#requestOf(call));
      if (answer.kind === "stream") return answer.stream;
      if (!this.#stepDown(answer.status, answer.body)) throw errorOf(answer.status, answer.body);
    }
  }

  /** Settles the API version by `/_ping`; needed only before a body that cannot be sent twice. */
  async negotiate(): Promise<void> {
    if (this.#fixed || this.#settled) return;
    const response = await this.#transport.request({ method: "HEAD", path: "/_ping" });
    const offered = response.headers.get("api-version");
    if (offered !== null && /^\d+\.\d+$/.test(offered) && compareVersions(offered, this.#version) < 0) this.#version = offered;
    this.#settled = true;
  }

  #requestOf(call: Call): TransportRequest {
    const headers: Record<string, string> = { ...call.headers };
    if (call.json !== undefined) headers["content-type"] = "application/json";
    else if (call.contentType !== undefined) headers["content-type"] = call.contentType;
    const body = call.json === undefined ? call.body : JSON.stringify(call.json);
    return {
      method: call.method,
      path: `/v${this.#version}${call.path}${queryString(call.query)}`,
      headers,
      ...(body === undefined ? {} : { body }),
      ...(call.signal === undefined ? {} : { signal: call.signal }),
    };
  }

  /** Takes the version an older engine names in its refusal. */
  #stepDown(status: number, body: string): boolean {
    if (this.#fixed || this.#settled || status !== 400) return false;
    const offered = /too new\. Maximum supported API version is (\d+\.\d+)/.exec(body)?.[1];
    if (offered === undefined || compareVersions(offered, this.#version) >= 0) return false;
    this.#version = offered;
    this.#settled = true;
    return true;
  }
}

/**
 * An object's name as a part of a path.
 * @throws invalid for a name that no object can have
 */
export function pathPart(name: string): string {
  if (name === "" || name === "." || name === "..") throw fail("invalid", `invalid name: ${JSON.stringify(name)}`);
  return encodeURIComponent(name);
}

function queryString(query: Query | undefined): string {
  const values = new URLSearchParams();
  for (const [key, value] of Object.entries(query ?? {})) {
    if (value === undefined) continue;
    if (typeof value === "object") for (const item of value) values.append(key, item);
    else values.append(key, typeof value === "boolean" ? (value ? "1" : "0") : String(value));
  }
  const text = values.toString();
  return text === "" ? "" : `?${text}`;
}
