import { closeSync, openSync, rmSync, writeSync } from "node:fs";
import { fail, kindOf, messageOf } from "@berth/base";
import { createContainer } from "@berth/client";
import type { ContainerCreateRequest, HostConfig } from "@berth/spec";
import { familiarString, parseAnyReference, withDefaultTag } from "@berth/spec";
import type { Parsed } from "../args/parse.ts";
import type { Context } from "../command.ts";
import { StatusError } from "../status.ts";
import { proxyVariables } from "./options/proxies.ts";
import { createRequest } from "./options/request.ts";

/** Flags that docker refuses, too, when the engine does not run on Windows. */
const windowsOnly = ["cpu-count", "cpu-percent", "io-maxbandwidth", "io-maxiops"];

/** Exit code for what a command line must not ask for; of `run` also for what the engine refuses. */
export const refusedCode = 125;

/** The exit code docker gives an error of create or start, by its words. */
export function startFailureCode(message: string): number {
  if (/executable file not found|no such file or directory|system cannot find the file specified/.test(message)) return 127;
  if (/permission denied|is a directory/.test(message)) return 126;
  return refusedCode;
}

/**
 * The request a command line asks for.
 * @throws {StatusError} 125 with docker's words
 */
export function requestFromArgs(parsed: Parsed): ContainerCreateRequest {
  for (const name of windowsOnly) {
    if (parsed.has(name)) throw new StatusError(1, `--${name} is for Windows containers; this engine has none`);
  }
  try {
    return createRequest(parsed);
  } catch (error) {
    throw new StatusError(refusedCode, messageOf(error));
  }
}

/**
 * Creates the container of `run` and `create`; warnings go to stderr, the id into `--cidfile`.
 * @throws not-found when the image is missing
 */
export async function createFromArgs(
  context: Context,
  parsed: Parsed,
  body: ContainerCreateRequest,
  name: string = parsed.string("name"),
): Promise<string> {
  const pull = parsed.string("pull");
  if (!["always", "missing", "never", ""].includes(pull)) {
    throw new StatusError(refusedCode, `invalid pull option: '${pull}': must be one of "always", "missing" or "never"`);
  }
  const reference = parseAnyReference(body.Image ?? "");
  if (pull === "always" && reference.kind === "name") {
    const { fetchImage } = await import("./fetch-image.ts");
    await fetchImage(context, { name: reference.name, platform: platformOf(parsed), quiet: parsed.bool("quiet") });
  }
  const path = parsed.string("cidfile");
  const cidFile = path === "" ? undefined : openCidFile(path);
  try {
    const size = context.stdout.size();
    const consoleSize: [number, number] = size === undefined ? [0, 0] : [size.rows, size.columns];
    const { id, warnings } = await createContainer(context.engine, {
      body: {
        ...body,
        ...withProxies(context, body),
        HostConfig: { ...body.HostConfig, ...withSocket(context, parsed, body), ConsoleSize: consoleSize },
      },
      name,
      platform: platformOf(parsed),
    });
    for (const warning of warnings) await context.stderr.write(`WARNING: ${warning}\n`);
    cidFile?.keep(id);
    return id;
  } catch (error) {
    if (kindOf(error) !== "not-found" || !/no such image/i.test(messageOf(error))) throw error;
    const image = reference.kind === "name" ? familiarString(withDefaultTag(reference.name)) : (body.Image ?? "");
    throw fail("not-found", `No such image: ${image}`, error);
  } finally {
    cidFile?.close();
  }
}

function platformOf(parsed: Parsed): string {
  return parsed.string("platform") || process.env["DOCKER_DEFAULT_PLATFORM"] || "";
}

function withProxies({ config, host }: Context, { Env }: ContainerCreateRequest): Pick<ContainerCreateRequest, "Env"> {
  if (config.proxies === undefined) return {};
  const added = proxyVariables(config, host, Env ?? []);
  return added.length === 0 ? {} : { Env: [...(Env ?? []), ...added] };
}

/** The mounts of `--use-api-socket`: the engine's own socket, where clients look for it. */
function withSocket(context: Context, parsed: Parsed, body: ContainerCreateRequest): Partial<HostConfig> {
  if (!parsed.bool("use-api-socket")) return {};
  const [, source] = /^unix:\/\/(\/.+)$/.exec(context.host) ?? [];
  if (source === undefined) throw fail("invalid", `--use-api-socket needs an engine on this machine's socket, not ${context.host}`);
  const socket = { Type: "bind" as const, Source: source, Target: "/var/run/docker.sock" };
  return { Mounts: [...(body.HostConfig?.Mounts ?? []), socket] };
}

/** Makes the file before the container, so that a container never lacks it; takes it away when none came. */
function openCidFile(path: string): { keep: (id: string) => void; close: () => void } {
  let file: number;
  try {
    file = openSync(path, "wx", 0o644);
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "EEXIST") {
      throw new Error(`--cidfile: ${path} is there already, perhaps of another container; delete it or name another file`, {
        cause: error,
      });
    }
    throw new Error(`failed to create the container ID file: ${messageOf(error)}`, { cause: error });
  }
  let kept = false;
  return {
    keep: (id) => {
      writeSync(file, id);
      kept = true;
    },
    close: () => {
      closeSync(file);
      if (!kept) rmSync(path, { force: true });
    },
  };
}
