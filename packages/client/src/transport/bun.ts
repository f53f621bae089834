import { fail, messageOf } from "@berth/base";
import type { HijackAnswer, Transport, TransportRequest } from "../ports.ts";
import type { EngineAddress, SshAddress, TcpAddress, UnixAddress } from "./address.ts";
import { parseAddress } from "./address.ts";
import type { Channel } from "./channel.ts";
import { hijackChannel, readHead, headText } from "./exchange.ts";
import type { RemoteCalls } from "./remote.ts";
import type { StartProgram } from "./ssh.ts";
import { codeOf, openSocket } from "./socket.ts";

/** Certificates in PEM form. */
export interface TlsOptions {
  readonly ca?: string;
  readonly cert?: string;
  readonly key?: string;
  /** Whether the engine's certificate must be valid for its name. */
  readonly verify: boolean;
}

/** What a transport needs besides the address. */
export interface TransportOptions {
  readonly tls?: TlsOptions | undefined;
  /** Sent with every request, e.g. for a proxy before the engine. */
  readonly headers?: Readonly<Record<string, string>>;
  /** For `ssh://`; without it such an engine cannot be reached. */
  readonly startProgram?: StartProgram;
}

/**
 * The transport of the command line: unix sockets, TCP and TLS by Bun, other machines by the program `ssh`.
 * @param host as `--host` takes it
 * @throws invalid for an address that cannot be read
 */
export function openTransport(host: string, { tls, headers = {}, startProgram }: TransportOptions = {}): Transport {
  const address = parseAddress(host);
  const secured = tls ?? (host.startsWith("https://") ? { verify: true } : undefined);
  const target: Target = { address, tls: secured, startProgram };
  const withHeaders = (request: TransportRequest): TransportRequest => ({ ...request, headers: { ...headers, ...request.headers } });
  let remote: Promise<RemoteCalls> | undefined;
  const call = async (request: TransportRequest): Promise<Response> => {
    if (address.kind !== "ssh") return send(address, secured, request);
    remote ??= loadRemote(address, startProgram);
    return (await remote).send(request);
  };
  return {
    address: address.text,
    request: (request) => call(withHeaders(request)).catch((error: unknown) => refuse(target, request, error)),
    hijack: (request) => hijack(target, withHeaders(request)),
  };
}

/**
 * Connects to an engine without a word of HTTP.
 * @throws unavailable when it cannot be reached
 */
export async function dialEngine(host: string, { tls, startProgram }: TransportOptions = {}): Promise<Channel> {
  const target: Target = { address: parseAddress(host), tls, startProgram };
  return open(target).catch((error: unknown) => unreachable(target, error));
}

interface Target {
  readonly address: EngineAddress;
  readonly tls: TlsOptions | undefined;
  readonly startProgram: StartProgram | undefined;
}

function send(address: UnixAddress | TcpAddress, tls: TlsOptions | undefined, request: TransportRequest): Promise<Response> {
  const secure = tls === undefined ? "http" : "https";
  const base = address.kind === "unix" ? "http://engine" : `${secure}://${hostOf(address)}${address.basePath}`;
  return fetch(base + request.path, {
    method: request.method,
    redirect: "error",
    // A followed log may be silent for days.
    timeout: false,
    headers: { ...request.headers },
    ...(request.body === undefined ? {} : { body: request.body }),
    ...(request.signal === undefined ? {} : { signal: request.signal }),
    ...(address.kind === "unix" ? { unix: address.path } : {}),
    ...(address.kind === "tcp" && tls !== undefined ? { tls: tlsFields(tls) } : {}),
  } as RequestInit);
}

async function hijack(target: Target, request: TransportRequest): Promise<HijackAnswer> {
  const { address } = target;
  try {
    return await hijackChannel(await open(target), {
      hostHeader: address.kind === "tcp" ? hostOf(address) : "engine",
      path: address.kind === "tcp" ? address.basePath + request.path : request.path,
      method: request.method,
      headers: request.headers ?? {},
      body: typeof request.body === "string" ? request.body : "",
    });
  } catch (error) {
    return unreachable(target, error);
  }
}

async function open({ address, tls, startProgram }: Target): Promise<Channel> {
  switch (address.kind) {
    case "ssh":
      return (await loadRemote(address, startProgram)).open();
    case "unix":
      return openSocket({ where: { unix: address.path } });
    case "tcp": {
      const where = { hostname: address.hostname, port: address.port };
      return openSocket({ where, ...(tls === undefined ? {} : { tls: tlsFields(tls) }) });
    }
  }
}

async function loadRemote(address: SshAddress, startProgram: StartProgram | undefined): Promise<RemoteCalls> {
  const { remoteCalls } = await import("./remote.ts");
  return remoteCalls(address, startProgram);
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

function refuse(target: Target, request: TransportRequest, error: unknown): Promise<never> {
  if (request.signal?.aborted) throw fail("cancelled", "cancelled", error);
  return unreachable(target, error);
}

async function unreachable(target: Target, error: unknown): Promise<never> {
  if (kindIsKnown(error)) throw error;
  // `fetch` does not tell why TLS came to nothing; a connection of our own may.
  const told = codeOf(error) === "EPROTO" && target.address.kind === "tcp" ? await tlsFailure(target) : error;
  throw fail("unavailable", `Cannot connect to the engine at ${target.address.text}: ${reasonOf(told)}`, error);
}

function kindIsKnown(error: unknown): boolean {
  return error instanceof Error && "kind" in error;
}

async function tlsFailure(target: Target): Promise<unknown> {
  try {
    const channel = await open(target);
    await channel.write(new TextEncoder().encode(headText("HEAD", "/_ping", { Host: "engine", Connection: "close" })));
    await readHead(channel);
    channel.close();
    return new Error("the TLS handshake failed");
  } catch (error) {
    return error;
  }
}

/** What went wrong, in words that say more than the codes of the system and of TLS. */
function reasonOf(error: unknown): string {
  const words = messageOf(error);
  switch (codeOf(error)) {
    case "ENOENT":
    case "FailedToOpenSocket":
      return "no engine listens there";
    case "EACCES":
      return "permission denied";
    case "ECONNREFUSED":
    case "ConnectionRefused":
      return "connection refused";
    case "ENOTFOUND":
      return "the name of the host is not known";
    case "ECONNRESET":
    case "ConnectionClosed":
      return "the connection was closed without an answer";
    case "ERR_TLS_CERT_ALTNAME_INVALID":
      return "its certificate is not for this name";
    case "SELF_SIGNED_CERT_IN_CHAIN":
    case "DEPTH_ZERO_SELF_SIGNED_CERT":
    case "UNABLE_TO_GET_ISSUER_CERT":
    case "UNABLE_TO_GET_ISSUER_CERT_LOCALLY":
    case "UNABLE_TO_VERIFY_LEAF_SIGNATURE":
      return `its certificate is not signed by an authority that is trusted (${words})`;
    case "CERT_HAS_EXPIRED":
      return "its certificate has expired";
  }
  if (words.includes("WRONG_VERSION_NUMBER")) return "it does not talk TLS";
  if (words.includes("CERTIFICATE_REQUIRED")) return "it wants a client's certificate";
  if (/TLSV1_ALERT_UNKNOWN_CA|ALERT_BAD_CERTIFICATE/.test(words)) return "it does not trust your certificate";
  return words;
}
