import type {
  ContainerChangeAnswer,
  ContainerChangeRequest,
  ContainerCreateRequest,
  ContainerInspect,
  ContainerSummary,
  ContainerUpdateRequest,
  StatsFrame,
} from "@berth/spec";
import type { Connection } from "./connection/connection.ts";
import { pathPart } from "./connection/connection.ts";
import { readJsonLines } from "./connection/lines.ts";
import type { FilterValues } from "./filters.ts";
import { encodeFilters } from "./filters.ts";
import type { HijackedStream } from "./ports.ts";

/** Which containers to list. */
export interface ListContainers {
  readonly all?: boolean;
  readonly limit?: number;
  readonly size?: boolean;
  readonly filters?: FilterValues;
}

/** GET /containers/json. */
export function listContainers(engine: Connection, options: ListContainers = {}): Promise<ContainerSummary[]> {
  const { all, limit, size, filters } = options;
  const query = { all: all || undefined, limit, size: size || undefined, filters: encodeFilters(filters) };
  return engine.json({ method: "GET", path: "/containers/json", query });
}

/** POST /containers/create. Warnings are for the user. */
export async function createContainer(
  engine: Connection,
  request: { readonly body: ContainerCreateRequest; readonly name?: string; readonly platform?: string },
): Promise<{ id: string; warnings: readonly string[] }> {
  const query = { name: request.name || undefined, platform: request.platform || undefined };
  const answer = await engine.json<{ Id: string; Warnings: string[] | null }>({
    method: "POST",
    path: "/containers/create",
    query,
    json: request.body,
  });
  return { id: answer.Id, warnings: answer.Warnings ?? [] };
}

/** GET /containers/{id}/json. */
export function inspectContainer(engine: Connection, name: string, size = false): Promise<ContainerInspect> {
  return engine.json({ method: "GET", path: `/containers/${pathPart(name)}/json`, query: { size: size || undefined } });
}

/** POST /containers/{id}/start, from its beginning or from a checkpoint of it. A running container is no error. */
export function startContainer(
  engine: Connection,
  name: string,
  options: { readonly checkpoint?: string; readonly checkpointFolder?: string } = {},
): Promise<void> {
  const query = { checkpoint: options.checkpoint || undefined, "checkpoint-dir": options.checkpointFolder || undefined };
  return engine.done({ method: "POST", path: `/containers/${pathPart(name)}/start`, query, accept: [304] });
}

/** How to end a container: signal first, then how many seconds until it is killed (negative: never). */
export interface StopOptions {
  readonly signal?: string;
  readonly timeoutSeconds?: number;
}

/** POST /containers/{id}/stop. A stopped container is no error. */
export function stopContainer(engine: Connection, name: string, options: StopOptions = {}): Promise<void> {
  const query = { signal: options.signal || undefined, t: options.timeoutSeconds };
  return engine.done({ method: "POST", path: `/containers/${pathPart(name)}/stop`, query, accept: [304] });
}

/** POST /containers/{id}/restart. */
export function restartContainer(engine: Connection, name: string, options: StopOptions = {}): Promise<void> {
  const query = { signal: options.signal || undefined, t: options.timeoutSeconds };
  return engine.done({ method: "POST", path: `/containers/${pathPart(name)}/restart`, query });
}

/** POST /containers/{id}/kill. */
export function killContainer(engine: Connection, name: string, signal?: string): Promise<void> {
  return engine.done({ method: "POST", path: `/containers/${pathPart(name)}/kill`, query: { signal: signal || undefined } });
}

/** POST /containers/{id}/pause. */
export function pauseContainer(engine: Connection, name: string): Promise<void> {
  return engine.done({ method: "POST", path: `/containers/${pathPart(name)}/pause` });
}

/** POST /containers/{id}/unpause. */
export function unpauseContainer(engine: Connection, name: string): Promise<void> {
  return engine.done({ method: "POST", path: `/containers/${pathPart(name)}/unpause` });
}

/** POST /containers/{id}/rename. */
export function renameContainer(engine: Connection, name: string, newName: string): Promise<void> {
  return engine.done({ method: "POST", path: `/containers/${pathPart(name)}/rename`, query: { name: newName } });
}

/** POST /berth/containers/{name}/change, an extension: what create fixed, for an existing container; `dryRun` only tells. */
export function changeContainer(
  engine: Connection,
  name: string,
  options: { readonly body: ContainerChangeRequest; readonly dryRun: boolean },
): Promise<ContainerChangeAnswer> {
  return engine.extension({
    method: "POST",
    path: `/berth/containers/${pathPart(name)}/change`,
    query: { "dry-run": options.dryRun ? true : undefined },
    json: options.body,
  });
}

/** POST /containers/{id}/update. Warnings are for the user. */
export async function updateContainer(engine: Connection, name: string, body: ContainerUpdateRequest): Promise<readonly string[]> {
  const { Warnings } = await engine.json<{ Warnings: string[] | null }>({
    method: "POST",
    path: `/containers/${pathPart(name)}/update`,
    json: body,
  });
  return Warnings ?? [];
}

/** DELETE /containers/{id}. */
export function removeContainer(
  engine: Connection,
  name: string,
  options: { readonly force?: boolean; readonly volumes?: boolean; readonly link?: boolean } = {},
): Promise<void> {
  const query = { v: options.volumes || undefined, force: options.force || undefined, link: options.link || undefined };
  return engine.done({ method: "DELETE", path: `/containers/${pathPart(name)}`, query });
}

/** What `wait` ends with. `error` is set when the engine could not wait. */
export interface WaitResult {
  readonly statusCode: number;
  readonly error?: string;
}

/**
 * POST /containers/{id}/wait. Resolves as soon as the engine waits; the result comes later. Only so can a container be
 * started after the wait has begun.
 */
export async function waitContainer(
  engine: Connection,
  name: string,
  options: { readonly condition?: "not-running" | "next-exit" | "removed"; readonly signal?: AbortSignal } = {},
): Promise<{ readonly result: Promise<WaitResult> }> {
  const response = await engine.send({
    method: "POST",
    path: `/containers/${pathPart(name)}/wait`,
    query: { condition: options.condition },
    ...(options.signal === undefined ? {} : { signal: options.signal }),
  });
  const result = response.json().then((body): WaitResult => {
    const answer = body as { StatusCode: number; Error?: { Message: string } | null };
    return answer.Error?.Message ? { statusCode: answer.StatusCode, error: answer.Error.Message } : { statusCode: answer.StatusCode };
  });
  // The caller may end without asking for the result.
  result.catch(() => undefined);
  return { result };
}

/** POST /containers/prune. */
export function pruneContainers(
  engine: Connection,
  filters?: FilterValues,
): Promise<{ readonly ContainersDeleted: readonly string[] | null; readonly SpaceReclaimed: number }> {
  return engine.json({ method: "POST", path: "/containers/prune", query: { filters: encodeFilters(filters) } });
}

/** Which streams to attach. */
export interface AttachOptions {
  readonly stdin?: boolean;
  readonly stdout?: boolean;
  readonly stderr?: boolean;
  readonly detachKeys?: string;
}

/** POST /containers/{id}/attach. The output is framed unless the container has a terminal. */
export function attachContainer(engine: Connection, name: string, options: AttachOptions): Promise<HijackedStream> {
  const query = {
    stream: true,
    stdin: options.stdin || undefined,
    stdout: options.stdout || undefined,
    stderr: options.stderr || undefined,
    detachKeys: options.detachKeys || undefined,
  };
  return engine.hijack({ method: "POST", path: `/containers/${pathPart(name)}/attach`, query });
}

/** POST /containers/{id}/resize, in characters. */
export function resizeContainer(
  engine: Connection,
  name: string,
  size: { readonly rows: number; readonly columns: number },
): Promise<void> {
  return engine.done({ method: "POST", path: `/containers/${pathPart(name)}/resize`, query: { h: size.rows, w: size.columns } });
}

/** Which part of a log. Times in seconds since the epoch, with a fraction when wanted. */
export interface LogOptions {
  readonly stdout?: boolean;
  readonly stderr?: boolean;
  readonly follow?: boolean;
  readonly timestamps?: boolean;
  readonly details?: boolean;
  readonly tail?: string;
  readonly since?: string;
  readonly until?: string;
}

/** GET /containers/{id}/logs. The stream is framed unless the container has a terminal. */
export async function readLogs(engine: Connection, name: string, options: LogOptions): Promise<ReadableStream<Uint8Array> | null> {
  const query = {
    stdout: options.stdout || undefined,
    stderr: options.stderr || undefined,
    follow: options.follow || undefined,
    timestamps: options.timestamps || undefined,
    details: options.details || undefined,
    tail: options.tail,
    since: options.since,
    until: options.until,
  };
  const response = await engine.send({ method: "GET", path: `/containers/${pathPart(name)}/logs`, query });
  return response.body;
}

/** GET /containers/{id}/top. */
export function topContainer(
  engine: Connection,
  name: string,
  psArguments: string,
): Promise<{ Titles: string[]; Processes: string[][] | null }> {
  return engine.json({ method: "GET", path: `/containers/${pathPart(name)}/top`, query: { ps_args: psArguments || undefined } });
}

/** GET /containers/{id}/stats, once: what it uses now, zeros when it does not run. */
export function containerStats(engine: Connection, name: string): Promise<StatsFrame> {
  return engine.json({ method: "GET", path: `/containers/${pathPart(name)}/stats`, query: { stream: false } });
}

/** GET /containers/{id}/stats: a frame each second until the container is removed. */
export async function* watchStats(engine: Connection, name: string, signal: AbortSignal): AsyncGenerator<StatsFrame> {
  const response = await engine.send({
    method: "GET",
    path: `/containers/${pathPart(name)}/stats`,
    query: { stream: true },
    signal,
  });
  yield* readJsonLines<StatsFrame>(response.body);
}
