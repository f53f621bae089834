import type { ExecInspect } from "@berth/spec";
import { parseDetachKeys } from "../attach/detach-keys.ts";
import type { Core } from "../core.ts";

/** So long after its end Docker keeps an exec before it may forget it. */
const removableMs = 5 * 60_000;

/** What GET /exec/{id}/json tells. Throws not-found. */
export function inspectExec(core: Pick<Core, "execs" | "records" | "clock">, id: string): ExecInspect {
  const { life, request, containerId } = core.execs.need(id);
  const user = request.User || (core.records.get(containerId)?.config.User ?? "");
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
      ...(user === "" ? {} : { user }),
    },
    OpenStdin: request.AttachStdin ?? false,
    OpenStderr: request.AttachStderr ?? false,
    OpenStdout: request.AttachStdout ?? false,
    CanRemove: life.status === "ended" && core.clock.nowMs() - life.endedMs > removableMs,
    ContainerID: containerId,
    // The bytes that are looked for.
    DetachKeys: request.DetachKeys ? Buffer.from(parseDetachKeys(request.DetachKeys)).toString("base64") : "",
    Pid: life.status === "running" ? life.process.pid : life.status === "ended" ? life.pid : 0,
  };
}
