import type { ExecSummary } from "@berth/spec";
import type { Core } from "../core.ts";
import type { ExecRecord } from "./table.ts";

/**
 * Execs, the newest first: those that run, with `all` also those that wait for their start or have ended. Throws not-found for
 * an unknown container.
 */
export function listExecs(core: Core, options: { readonly container: string | null; readonly all: boolean }): ExecSummary[] {
  const of = options.container === null ? null : core.records.lookup(options.container).id;
  return core.execs
    .all()
    .filter((exec) => of === null || exec.containerId === of)
    .filter((exec) => options.all || exec.life.status === "running" || exec.life.status === "starting")
    .map((exec) => summaryOf(core, exec))
    .reverse();
}

function summaryOf(core: Core, exec: ExecRecord): ExecSummary {
  const { life, request } = exec;
  const container = core.records.get(exec.containerId);
  const processes = life.status === "running" ? life.process.processes : life.status === "ended" ? life.processes : null;
  return {
    ID: exec.id,
    ContainerID: exec.containerId,
    ContainerName: container?.name ?? "",
    Command: [...(request.Cmd ?? [])],
    User: request.User || (container?.config.User ?? ""),
    Status: life.status === "ended" ? "exited" : life.status,
    Pid: life.status === "running" ? life.process.pid : life.status === "ended" ? life.pid : 0,
    Processes: [...(processes?.processes() ?? [])].sort((a, b) => a - b),
    ExitCode: life.status === "ended" ? life.exitCode : null,
    Created: exec.createdAt,
    Started: life.status === "running" || life.status === "ended" ? life.startedAt : "",
    Attached: life.status === "running" && life.attached,
    AttachedOnly: request.AttachedOnly ?? false,
    Tty: request.Tty ?? false,
  };
}
