import { fail } from "@berth/base";
import type { TlsOptions } from "@berth/client";
import type { Parsed } from "../args/parse.ts";
import type { CliConfig } from "./config.ts";
import { readText } from "./json-file.ts";

/** Where the engine listens when nobody says otherwise. */
export const berthSocket = "unix:///run/berth/berth.sock";

/** The engine to talk to. */
export interface Endpoint {
  readonly host: string;
  readonly tls?: TlsOptions;
}

/**
 * The name of the context to use. The first of these says it: `--host` (then it is `default`), `--context`, `BERTH_HOST` or
 * `DOCKER_HOST` (`default` again), `DOCKER_CONTEXT`, `currentContext` of the settings; else it is `default`.
 * @throws invalid for contradictions
 */
export function chooseContext(globals: Parsed, config: CliConfig): string {
  const hosts = globals.list("host");
  const asked = globals.string("context");
  if (hosts.length > 1) throw fail("invalid", "specify only one -H");
  if (hosts.length > 0 && asked !== "") throw fail("invalid", "conflicting options: either specify --host or --context, not both");
  if (asked !== "") return asked;
  if (hosts.length > 0 || hostVariable() !== undefined) return "default";
  return process.env["DOCKER_CONTEXT"] || config.currentContext || "default";
}

/** The name of the variable that names an engine, if one does: `BERTH_HOST` goes before `DOCKER_HOST`. */
export function hostVariable(): "BERTH_HOST" | "DOCKER_HOST" | undefined {
  if (process.env["BERTH_HOST"]) return "BERTH_HOST";
  return process.env["DOCKER_HOST"] ? "DOCKER_HOST" : undefined;
}

/**
 * The engine of the context `default`: `--host`, `BERTH_HOST`, `DOCKER_HOST`, or Berth's own socket.
 * @throws invalid when a file for TLS cannot be read
 */
export async function defaultEndpoint(globals: Parsed, config: CliConfig): Promise<Endpoint> {
  const [asked] = globals.list("host");
  const variable = hostVariable();
  const host = asked ?? (variable === undefined ? berthSocket : (process.env[variable] ?? ""));
  if (host.startsWith("unix://") || host.startsWith("ssh://")) return { host };
  const tls = await tlsOf(globals, config);
  return { host, ...(tls === undefined ? {} : { tls }) };
}

/**
 * The engine of a context.
 * @throws not-found when there is no such context, invalid when its files cannot be read
 */
export async function endpointOf(name: string, globals: Parsed, config: CliConfig): Promise<Endpoint> {
  if (name === "default") return defaultEndpoint(globals, config);
  const { storedEndpoint } = await import("./store/endpoint.ts");
  const stored = await storedEndpoint(config.directory, name);
  // A context without an address has certificates only.
  return stored.host === "" ? { ...stored, host: (await defaultEndpoint(globals, config)).host } : stored;
}

async function tlsOf(globals: Parsed, config: CliConfig): Promise<TlsOptions | undefined> {
  const verify = globals.has("tlsverify") ? globals.bool("tlsverify") : Boolean(process.env["DOCKER_TLS_VERIFY"]);
  if (!verify && !globals.bool("tls") && !process.env["DOCKER_TLS"]) return undefined;
  const directory = process.env["DOCKER_CERT_PATH"] || config.directory;
  const path = (flag: string): string | undefined => (globals.has(flag) ? globals.string(flag) : undefined);
  return readTls({ directory, verify, required: verify, ca: path("tlscacert"), cert: path("tlscert"), key: path("tlskey") });
}

const largestPemBytes = 1024 * 1024;

interface TlsFiles {
  readonly directory: string;
  readonly verify: boolean;
  /** Whether a missing CA is an error. */
  readonly required: boolean;
  readonly ca?: string | undefined;
  readonly cert?: string | undefined;
  readonly key?: string | undefined;
}

async function readTls(files: TlsFiles): Promise<TlsOptions> {
  const ca = await readPem(files.ca ?? `${files.directory}/ca.pem`, files.required || files.ca !== undefined);
  const cert = await readPem(files.cert ?? `${files.directory}/cert.pem`, files.cert !== undefined);
  const key = await readPem(files.key ?? `${files.directory}/key.pem`, files.key !== undefined);
  return {
    verify: files.verify,
    ...(ca === undefined ? {} : { ca }),
    ...(cert === undefined ? {} : { cert }),
    ...(key === undefined ? {} : { key }),
  };
}

async function readPem(path: string, required: boolean): Promise<string | undefined> {
  const text = await readText(path, largestPemBytes);
  if (text === undefined && required) throw fail("invalid", `${path} is missing: a file for TLS that was asked for`);
  return text;
}
