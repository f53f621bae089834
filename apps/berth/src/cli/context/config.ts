import { fail, messageOf } from "@berth/base";

/** The settings in `config.json` that the command line uses; docker's file is read as it is. */
export interface CliConfig {
  /** The folder. */
  readonly directory: string;
  readonly currentContext?: string;
  readonly detachKeys?: string;
  readonly psFormat?: string;
  readonly imagesFormat?: string;
  readonly networksFormat?: string;
  readonly statsFormat?: string;
}

/** An engine that was given a name by `docker context create`. */
export interface NamedEngine {
  readonly host: string;
  readonly skipTlsVerify: boolean;
  /** The folder with ca.pem, cert.pem and key.pem, if there is one. */
  readonly tlsDirectory?: string;
}

/** The folder that holds the settings: what was asked for, `DOCKER_CONFIG`, or `~/.docker`. */
export function configDirectory(asked: string | undefined): string {
  return asked || process.env["DOCKER_CONFIG"] || `${process.env["HOME"] || "/root"}/.docker`;
}

/**
 * Reads the settings; none are settings too.
 * @throws invalid when the file is there but is no JSON object
 */
export async function readConfig(directory: string): Promise<CliConfig> {
  const fields = await readObject(`${directory}/config.json`);
  const text = (name: string): string | undefined => {
    const value = fields?.[name];
    return typeof value === "string" && value !== "" ? value : undefined;
  };
  const [currentContext, detachKeys, psFormat] = [text("currentContext"), text("detachKeys"), text("psFormat")];
  const [imagesFormat, networksFormat, statsFormat] = [text("imagesFormat"), text("networksFormat"), text("statsFormat")];
  return {
    directory,
    ...(currentContext === undefined ? {} : { currentContext }),
    ...(detachKeys === undefined ? {} : { detachKeys }),
    ...(psFormat === undefined ? {} : { psFormat }),
    ...(imagesFormat === undefined ? {} : { imagesFormat }),
    ...(networksFormat === undefined ? {} : { networksFormat }),
    ...(statsFormat === undefined ? {} : { statsFormat }),
  };
}

/**
 * Looks an engine up by its context's name.
 * @throws not-found when there is no such context, invalid when it names no engine
 */
export async function findContext(directory: string, name: string): Promise<NamedEngine> {
  const folder = new Bun.CryptoHasher("sha256").update(name).digest("hex");
  const meta = await readObject(`${directory}/contexts/meta/${folder}/meta.json`);
  if (meta === undefined) throw fail("not-found", `context ${JSON.stringify(name)}: context not found`);
  const endpoint = member(member(meta, "Endpoints"), "docker");
  const host = endpoint?.["Host"];
  if (typeof host !== "string" || host === "") throw fail("invalid", `context ${JSON.stringify(name)} names no engine`);
  const tlsDirectory = `${directory}/contexts/tls/${folder}/docker`;
  const hasTls = await Bun.file(`${tlsDirectory}/ca.pem`).exists();
  return { host, skipTlsVerify: endpoint?.["SkipTLSVerify"] === true, ...(hasTls ? { tlsDirectory } : {}) };
}

type Fields = Readonly<Record<string, unknown>>;

async function readObject(path: string): Promise<Fields | undefined> {
  let text: string;
  try {
    text = await Bun.file(path).text();
  } catch {
    return undefined;
  }
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value === "object" && value !== null && !Array.isArray(value)) return value as Fields;
  } catch (error) {
    throw fail("invalid", `${path} cannot be read: ${messageOf(error)}`, error);
  }
  throw fail("invalid", `${path} cannot be read: it holds no JSON object`);
}

function member(value: Fields | undefined, name: string): Fields | undefined {
  const found = value?.[name];
  return typeof found === "object" && found !== null ? (found as Fields) : undefined;
}
