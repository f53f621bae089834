import type { ExecCreateRequest, ExecInspect, ExecKillAnswer, ExecSummary } from "@berth/spec";
import type { Connection } from "./connection/connection.ts";
import { pathPart } from "./connection/connection.ts";
import type { HijackedStream } from "./ports.ts";

/** How to start an exec. The console's size is rows, columns. */
export interface ExecStart {
  readonly tty: boolean;
  readonly consoleSize?: readonly [number, number];
}

/** POST /containers/{id}/exec; gives the exec's id. */
export async function createExec(engine: Connection, container: string, body: ExecCreateRequest): Promise<string> {
  const answer = await engine.json<{ Id: string }>({ method: "POST", path: `/containers/${pathPart(container)}/exec`, json: body });
  return answer.Id;
}

/** POST /exec/{id}/start with streams. The output is framed unless the exec has a terminal. */
export function attachExec(engine: Connection, id: string, options: ExecStart): Promise<HijackedStream> {
  return engine.hijack({ method: "POST", path: `/exec/${pathPart(id)}/start`, json: startBody(options, false) });
}

/** POST /exec/{id}/start in the background. */
export function startExec(engine: Connection, id: string, options: ExecStart): Promise<void> {
  return engine.done({ method: "POST", path: `/exec/${pathPart(id)}/start`, json: startBody(options, true) });
}

/** GET /exec/{id}/json. */
export function inspectExec(engine: Connection, id: string): Promise<ExecInspect> {
  return engine.json({ method: "GET", path: `/exec/${pathPart(id)}/json` });
}

/** POST /exec/{id}/resize, in characters. */
export function resizeExec(engine: Connection, id: string, size: { readonly rows: number; readonly columns: number }): Promise<void> {
  return engine.done({ method: "POST", path: `/exec/${pathPart(id)}/resize`, query: { h: size.rows, w: size.columns } });
}

/** GET /berth/execs, an extension: execs of one container or of all; without `all` those that run. */
export function listExecs(
  engine: Connection,
  options: { readonly container?: string; readonly all?: boolean } = {},
): Promise<ExecSummary[]> {
  return engine.extension({ method: "GET", path: "/berth/execs", query: { container: options.container, all: options.all } });
}

/** POST /berth/execs/{reference}/kill, an extension: a signal (empty is KILL) to all processes of an exec, or of a container's execs. */
export function killExecs(engine: Connection, reference: string, signal = ""): Promise<ExecKillAnswer> {
  return engine.extension({
    method: "POST",
    path: `/berth/execs/${pathPart(reference)}/kill`,
    query: { signal: signal === "" ? undefined : signal },
  });
}

function startBody(options: ExecStart, detach: boolean): object {
  return { Detach: detach, Tty: options.tty, ...(options.consoleSize === undefined ? {} : { ConsoleSize: options.consoleSize }) };
}
