import { fail, messageOf } from "@berth/base";
import { parseAddress } from "@berth/client";
import type { Flag } from "../args/flag.ts";
import { parseCsvLine } from "../container/options/csv.ts";
import type { Context } from "../command.ts";
import { readText } from "./json-file.ts";
import { largestTlsBytes, readContext, readTlsFiles } from "./store/read.ts";
import { defaultDescription, defaultName, engineEndpoint, type StoredContext, type TlsFiles } from "./store/stored.ts";

/** `--docker host=…,ca=…`. */
export const endpointFlag: Flag = {
  name: "docker",
  type: "list",
  valueName: "key=value,...",
  help: "The engine: host=ADDRESS, and for TLS ca=FILE, cert=FILE, key=FILE, skip-tls-verify=true; or from=CONTEXT",
  check: (value) => {
    for (const field of parseCsvLine(value)) if (!field.includes("=")) throw new Error(`${field} must be formatted as key=value`);
    return value;
  },
};

/** `--description`. */
export const descriptionFlag: Flag = { name: "description", type: "string", help: "Words that 'context ls' shows" };

const keys = ["from", "host", "ca", "cert", "key", "skip-tls-verify"];

/** An engine with its certificates, as a context keeps it. */
export interface EndpointParts {
  readonly endpoint: Readonly<Record<string, unknown>>;
  readonly tls: TlsFiles;
}

/**
 * Reads what `--docker` says, and the files it names.
 * @throws invalid in docker's words, not-found for another context that is not there
 */
export async function readEndpoint(context: Context, values: readonly string[]): Promise<EndpointParts> {
  try {
    return await read(context, fieldsOf(values));
  } catch (error) {
    throw fail("invalid", `unable to create docker endpoint config: ${messageOf(error)}`, error);
  }
}

async function read(context: Context, given: ReadonlyMap<string, string>): Promise<EndpointParts> {
  const unknown = [...given.keys()].find((key) => !keys.includes(key));
  if (unknown !== undefined) throw new Error(`unrecognized config key: ${unknown} (known are ${keys.join(", ")})`);
  const from = given.get("from");
  if (from !== undefined) {
    const { stored, tls } = await contextParts(context, from);
    return { endpoint: stored.endpoints[engineEndpoint] ?? {}, tls: pick(tls) };
  }
  const skips = given.get("skip-tls-verify") ?? "false";
  if (!/^(1|t|T|TRUE|true|True|0|f|F|FALSE|false|False)$/.test(skips)) {
    throw new Error(`skip-tls-verify: parsing ${JSON.stringify(skips)}: invalid syntax`);
  }
  const host = given.get("host");
  if (host !== undefined) parseAddress(host);
  const files: Record<string, Uint8Array> = {};
  for (const name of ["ca", "cert", "key"]) {
    const path = given.get(name);
    if (path !== undefined) files[`${name}.pem`] = await readPem(`${name}.pem`, path);
  }
  if ("cert.pem" in files !== "key.pem" in files) throw new Error("cert and key belong together: name both, or none");
  return {
    endpoint: { ...(host === undefined ? {} : { Host: host }), SkipTLSVerify: /^[1tT]/.test(skips) },
    tls: Object.keys(files).length === 0 ? {} : { [engineEndpoint]: files },
  };
}

/** A context with all its files; the default one as it is at this moment. */
export async function contextParts(context: Context, name: string): Promise<{ readonly stored: StoredContext; readonly tls: TlsFiles }> {
  const { directory } = context.config;
  if (name !== defaultName) return { stored: await readContext(directory, name), tls: await readTlsFiles(directory, name) };
  const { host, tls } = await context.defaultEndpoint();
  const files = Object.entries({ "ca.pem": tls?.ca, "cert.pem": tls?.cert, "key.pem": tls?.key }).flatMap(([file, text]) =>
    text === undefined ? [] : [[file, new TextEncoder().encode(text)] as const],
  );
  return {
    stored: {
      name,
      metadata: { Description: defaultDescription },
      endpoints: { [engineEndpoint]: { Host: host, SkipTLSVerify: tls?.verify === false } },
    },
    tls: files.length === 0 ? {} : { [engineEndpoint]: Object.fromEntries(files) },
  };
}

async function readPem(file: string, path: string): Promise<Uint8Array> {
  const text = await readText(path.replace(/^~(?=\/)/, process.env["HOME"] ?? "~"), largestTlsBytes);
  if (text === undefined) throw new Error(`open ${path}: no such file or directory`);
  if (!/-----BEGIN [A-Z ]+-----/.test(text)) throw new Error(`${file} seems invalid: ${path} holds no PEM`);
  return new TextEncoder().encode(text);
}

function fieldsOf(values: readonly string[]): ReadonlyMap<string, string> {
  return new Map(
    values.flatMap(parseCsvLine).map((field): [string, string] => {
      const equals = field.indexOf("=");
      return [field.slice(0, equals).trim(), field.slice(equals + 1)];
    }),
  );
}

function pick(tls: TlsFiles): TlsFiles {
  const own = tls[engineEndpoint];
  return own === undefined ? {} : { [engineEndpoint]: own };
}
