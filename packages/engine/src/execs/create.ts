import { fail, newId } from "@berth/base";
import type { ExecCreateRequest } from "@berth/spec";
import { parseDetachKeys } from "../attach/detach-keys.ts";
import { emitContainerEvent } from "../containers/events.ts";
import type { ContainerRecord } from "../containers/record.ts";
import { rfc3339 } from "../containers/time.ts";
import { isPaused, isRestarting, notRunning } from "../containers/words.ts";
import type { Core } from "../core.ts";
import { enterRequest } from "./enter.ts";

/** Makes an exec of a running container; its id. Throws conflict when the container cannot take one, invalid for a bad request. */
export function createExec(core: Core, reference: string, asked: ExecCreateRequest): string {
  const record = core.records.lookup(reference);
  refuseUnlessRunning(record, reference);
  const request = asked.Enter === true ? enterRequest(core, record, asked) : asked;
  const cmd = request.Cmd ?? [];
  if (cmd.length === 0) throw fail("invalid", "No exec command specified");
  parseDetachKeys(request.DetachKeys ?? null);
  for (const entry of request.Env ?? []) {
    if (entry === "" || entry.startsWith("=") || entry.includes("\0")) throw fail("invalid", `invalid environment variable: ${entry}`);
  }
  // Its program is to be moved into the container's cgroups, and the start will follow at once.
  void core.cgroups.readyMoves();
  const id = newId();
  core.execs.add({ id, containerId: record.id, createdAt: rfc3339(core.clock.nowNs()), request, life: { status: "created" } });
  emitContainerEvent(core, record, `exec_create: ${commandLine(cmd)}`, { execID: id });
  return id;
}

/** A command as Docker's exec events name it: the program, a space, the arguments. */
export function commandLine(cmd: readonly string[]): string {
  return `${cmd[0] ?? ""} ${cmd.slice(1).join(" ")}`;
}

/** Throws conflict with Docker's words unless programs can be started in a container now. */
export function refuseUnlessRunning(record: ContainerRecord, reference: string): void {
  switch (record.life.status) {
    case "running":
      return;
    case "paused":
      throw isPaused(reference);
    case "restarting":
      throw isRestarting(record.id);
    default:
      throw notRunning(record.id);
  }
}
