import { fail, messageOf } from "@berth/base";
import type { TlsOptions } from "@berth/client";
import type { Parsed } from "../args/parse.ts";
import type { CliConfig } from "./config.ts";
import { findContext } from "./config.ts";

/** Where the engine listens when nobody says otherwise. */
export const defaultHost = "unix:///run/berth/berth.sock";

/** The engine to talk to. */
export interface ChosenEngine {
  readonly contextName: string;
  readonly host: string;
  readonly tls?: TlsOptions;
}

/**
 * Chooses the engine: `--host`, `--context`, `BERTH_HOST`, `DOCKER_HOST`, `DOCKER_CONTEXT`, the configuration's
 * context, and else Berth's own socket.
 * @throws invalid for contradictions, not-found for an unknown context
 */
export async function chooseEngine(globals: Parsed, config: CliConfig): Promise<ChosenEngine> {
  const hosts = globals.list("host");
  const asked = globals.string("context");
  if (hosts.length > 1) throw fail("invalid", "specify only one -H");
  if (hosts.length > 0 && asked !== "") throw fail("invalid", "conflicting options: either specify --host or --context, not both");
  const [host] = hosts;
  if (host !== undefined) return direct(globals, config, host);
  if (asked !== "" && asked !== "default") return named(config, asked);
  const fromEnvironment = process.env["BERTH_HOST"] || process.env["DOCKER_HOST"];
  if (asked === "" && fromEnvironment) return direct(globals, config, fromEnvironment);
  const name = asked || process.env["DOCKER_CONTEXT"] || config.currentContext || "default";
  return name === "default" ? direct(globals, config, fromEnvironment || defaultHost) : named(config, name);
}

async function direct(globals: Parsed, config: CliConfig, host: string): Promise<ChosenEngine> {
  const tls = await tlsOf(globals, config);
  return { contextName: "default", host, ...(tls === undefined || host.startsWith("unix://") ? {} : { tls }) };
}

async function named(config: CliConfig, name: string): Promise<ChosenEngine> {
  const engine = await findContext(config.directory, name);
  const base = { contextName: name, host: engine.host };
  if (engine.tlsDirectory === undefined && !engine.skipTlsVerify) return base;
  const directory = engine.tlsDirectory ?? config.directory;
  return { ...base, tls: await readTls({ directory, verify: !engine.skipTlsVerify, required: false }) };
}

async function tlsOf(globals: Parsed, config: CliConfig): Promise<TlsOptions | undefined> {
  const verify = globals.has("tlsverify") ? globals.bool("tlsverify") : Boolean(process.env["DOCKER_TLS_VERIFY"]);
  if (!verify && !globals.bool("tls") && !process.env["DOCKER_TLS"]) return undefined;
  const directory = process.env["DOCKER_CERT_PATH"] || config.directory;
  const path = (flag: string): string | undefined => (globals.has(flag) ? globals.string(flag) : undefined);
  return readTls({ directory, verify, required: verify, ca: path("tlscacert"), cert: path("tlscert"), key: path("tlskey") });
}

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
  try {
    return await Bun.file(path).text();
  } catch (error) {
    if (!required) return undefined;
    throw fail("invalid", `could not read ${path}: ${messageOf(error)}`, error);
  }
}
