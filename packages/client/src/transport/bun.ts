import { fail, messageOf } from "@berth/base";
import type { HijackAnswer, Transport, TransportRequest } from "../ports.ts";
import { parseAddress } from "./address.ts";
import type { EngineAddress } from "./address.ts";
import { openHijack } from "./hijack.ts";

/** Certificates in PEM form. */
export interface TlsOptions {
  readonly ca?: string;
  readonly cert?: string;
  readonly key?: string;
  /** Whether the engine's certificate must be valid for its name. */
  readonly verify: boolean;
}

/**
 * The transport of the command line: unix sockets, TCP and TLS by Bun.
 * @param host as `--host` takes it
 * @throws invalid for an address that cannot be read
 */
export function openTransport(host: string, tls?: TlsOptions): Transport {
  const address = parseAddress(host);
  const secured = tls ?? (host.startsWith("https://") ? { verify: true } : undefined);
  return {
    address: address.text,
    request: (request) => send({ address, tls: secured, request }),
    hijack: (request) => hijack({ address, tls: secured, request }),
  };
}

interface Sending {
  readonly address: EngineAddress;
  readonly tls: TlsOptions | undefined;
  readonly request: TransportRequest;
}

async function send({ address, tls, request }: Sending): Promise<Response> {
  const secure = tls === undefined ? "http" : "https";
  const base = address.kind === "unix" ? "http://engine" : `${secure}://${hostOf(address)}${address.basePath}`;
  try {
    return await fetch(base + request.path, {
      method: request.method,
      redirect: "error",
      // A followed log may be silent for days.
      timeout: false,
      ...(request.headers === undefined ? {} : { headers: { ...request.headers } }),
      ...(request.body === undefined ? {} : { body: request.body }),
      ...(request.signal === undefined ? {} : { signal: request.signal }),
      ...(address.kind === "unix" ? { unix: address.path } : {}),
      ...(address.kind === "tcp" && tls !== undefined ? { tls: tlsFields(tls) } : {}),
    } as RequestInit);
  } catch (error) {
    if (request.signal?.aborted) throw fail("cancelled", "cancelled", error);
    throw unreachable(address, error);
  }
}

async function hijack({ address, tls, request }: Sending): Promise<HijackAnswer> {
  try {
    return await openHijack({
      target: address.kind === "unix" ? { unix: address.path } : { hostname: address.hostname, port: address.port },
      ...(address.kind === "tcp" && tls !== undefined ? { tls: tlsFields(tls) } : {}),
      hostHeader: address.kind === "unix" ? "engine" : hostOf(address),
      path: address.kind === "tcp" ? address.basePath + request.path : request.path,
      method: request.method,
      headers: request.headers ?? {},
      body: typeof request.body === "string" ? request.body : "",
    });
  } catch (error) {
    throw unreachable(address, error);
  }
}

function hostOf(address: { readonly hostname: string; readonly port: number }): string {
  return `${address.hostname.includes(":") ? `[${address.hostname}]` : address.hostname}:${address.port}`;
}

function tlsFields(tls: TlsOptions): { ca?: string; cert?: string; key?: string; rejectUnauthorized: boolean } {
  return {
    rejectUnauthorized: tls.verify,
    ...(tls.ca === undefined ? {} : { ca: tls.ca }),
    ...(tls.cert === undefined ? {} : { cert: tls.cert }),
    ...(tls.key === undefined ? {} : { key: tls.key }),
  };
}

function unreachable(address: EngineAddress, error: unknown): Error {
  const code = typeof error === "object" && error !== null && "code" in error ? String(error.code) : "";
  return fail("unavailable", `Cannot connect to the engine at ${address.text}: ${reason(code, error)}`, error);
}

function reason(code: string, error: unknown): string {
  switch (code) {
    case "ENOENT":
    case "FailedToOpenSocket":
      return "no engine listens there";
    case "EACCES":
      return "permission denied";
    case "ECONNREFUSED":
    case "ConnectionRefused":
      return "connection refused";
    default:
      return messageOf(error);
  }
}
