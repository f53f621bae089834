import { fail } from "@berth/base";
import type { Fields } from "./json-file.ts";
import { memberOf, readJsonFile } from "./json-file.ts";

/** Proxies for the processes in containers, by the address of an engine; `default` counts for those not named. */
export type Proxies = Readonly<Record<string, Readonly<Record<string, string>>>>;

/** The settings in `config.json` that the command line uses; docker's file is read as it is. */
export interface CliConfig {
  /** The folder. */
  readonly directory: string;
  readonly currentContext?: string;
  readonly detachKeys?: string;
  readonly psFormat?: string;
  readonly imagesFormat?: string;
  readonly networksFormat?: string;
  readonly volumesFormat?: string;
  readonly statsFormat?: string;
  /** Sent with every request to an engine. */
  readonly httpHeaders?: Readonly<Record<string, string>>;
  readonly proxies?: Proxies;
}

const texts = ["currentContext", "detachKeys", "psFormat", "imagesFormat", "networksFormat", "volumesFormat", "statsFormat"] as const;

/** Headers that HTTP itself needs; setting them would break requests apart. */
const reserved = /^(connection|upgrade|host|content-length|transfer-encoding|te|trailer|keep-alive|expect)$/i;

/** The folder that holds the settings: what was asked for, `DOCKER_CONFIG`, or `~/.docker`. */
export function configDirectory(asked: string | undefined): string {
  return asked || process.env["DOCKER_CONFIG"] || `${process.env["HOME"] || "/root"}/.docker`;
}

/** The file of the settings. */
export function configPath(directory: string): string {
  return `${directory}/config.json`;
}

/**
 * Reads the settings; none are settings too. Keys that are not known are left to others.
 * @throws invalid, naming the file, when it is there but cannot be used
 */
export async function readConfig(directory: string): Promise<CliConfig> {
  const path = configPath(directory);
  const fields = await readJsonFile(path);
  if (fields === undefined) return { directory };
  const config: Record<string, unknown> = { directory };
  for (const name of texts) {
    const value = fields[name];
    if (value === undefined || value === null || value === "") continue;
    if (typeof value !== "string") throw fail("invalid", `${path}: "${name}" is ${kindOfValue(value)}, but must be text`);
    config[name] = value;
  }
  const httpHeaders = textsIn(path, fields, "HttpHeaders");
  if (httpHeaders !== undefined) config["httpHeaders"] = checkHeaders(path, httpHeaders);
  const proxies = memberOf(fields, "proxies");
  if (proxies !== undefined) {
    const named = Object.keys(proxies).map((host) => [host, textsIn(`${path}: "proxies"`, proxies, host) ?? {}] as const);
    config["proxies"] = Object.fromEntries(named);
  }
  return config as unknown as CliConfig;
}

function textsIn(path: string, fields: Fields, name: string): Readonly<Record<string, string>> | undefined {
  const member = memberOf(fields, name);
  for (const [key, value] of Object.entries(member ?? {})) {
    if (typeof value !== "string") throw fail("invalid", `${path}: "${name}": "${key}" is ${kindOfValue(value)}, but must be text`);
  }
  return member as Readonly<Record<string, string>> | undefined;
}

function checkHeaders(path: string, headers: Readonly<Record<string, string>>): Readonly<Record<string, string>> {
  for (const [name, value] of Object.entries(headers)) {
    if (reserved.test(name)) throw fail("invalid", `${path}: "HttpHeaders": ${JSON.stringify(name)} cannot be set`);
    // oxlint-disable-next-line no-control-regex -- what RFC 9110 allows in a field
    if (!/^[\w!#$%&'*+.^`|~-]+$/.test(name) || !/^[\t\x20-\x7e]*$/.test(value)) {
      throw fail("invalid", `${path}: "HttpHeaders": ${JSON.stringify(name)} is no header that HTTP can carry`);
    }
  }
  return headers;
}

function kindOfValue(value: unknown): string {
  if (Array.isArray(value)) return "a list";
  if (value === null) return "null";
  return typeof value === "object" ? "an object" : `a ${typeof value}`;
}
