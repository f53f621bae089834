import type { ExecInspect } from "@berth/spec";
import type { Core } from "../core.ts";

/** What GET /exec/{id}/json tells. Throws not-found. */
export function inspectExec(core: Pick<Core, "execs">, id: string): ExecInspect {
  const { life, request, containerId } = core.execs.need(id);
  const [entrypoint = "", ...rest] = request.Cmd ?? [];
  return {
    ID: id,
    Running: life.status === "running",
    ExitCode: life.status === "ended" ? life.exitCode : null,
    ProcessConfig: {
      tty: request.Tty ?? false,
      entrypoint,
      arguments: rest,
      privileged: request.Privileged ?? false,
      ...(request.User ? { user: request.User } : {}),
    },
    OpenStdin: request.AttachStdin ?? false,
    OpenStderr: request.AttachStderr ?? false,
    OpenStdout: request.AttachStdout ?? false,
    CanRemove: false,
    ContainerID: containerId,
    DetachKeys: (request.DetachKeys ?? "") === "" ? "" : Buffer.from(request.DetachKeys ?? "").toString("base64"),
    Pid: life.status === "running" ? life.process.pid : life.status === "ended" ? life.pid : 0,
  };
}
