import { type BerthError, fail } from "@berth/base";
import { MS_NODEV, MS_NOEXEC, MS_NOSUID } from "@berth/linux";
import { mkdir } from "node:fs/promises";
import { type Core, containerFolder } from "../../core.ts";
import { joinTarget } from "../create/joins.ts";
import { type ContainerRecord, type ProcessIdentity, processOf } from "../record.ts";

/** Where the /dev/shm of a container is that others may share (`--ipc shareable`). */
export function shmFolder(core: Pick<Core, "dataRoot">, id: string): string {
  return `${containerFolder(core, id)}/shm`;
}

/** Mounts that tmpfs. */
export async function mountShm(core: Core, record: ContainerRecord): Promise<void> {
  const folder = shmFolder(core, record.id);
  await mkdir(folder, { recursive: true, mode: 0o700 });
  await core.blocking.mount("shm", folder, "tmpfs", MS_NOSUID | MS_NODEV | MS_NOEXEC, `mode=1777,size=${record.hostConfig.ShmSize}`);
}

/** Checks the containers whose namespaces are joined, with Docker's words. Throws not-found, conflict. */
export function checkJoins(core: Core, record: ContainerRecord): void {
  const { NetworkMode, PidMode, IpcMode } = record.hostConfig;
  joined(core, record, { mode: PidMode, what: "PID" });
  const ipc = joined(core, record, { mode: IpcMode, what: "IPC" });
  if (ipc !== null && !/^(shareable|host)$/.test(ipc.record.hostConfig.IpcMode)) {
    throw fail(
      "conflict",
      `cannot join IPC of a non-shareable container: ${ipc.record.id} (hint: use IpcMode:shareable for the donor container)`,
    );
  }
  const network = joinTarget(NetworkMode);
  if (network === null) return;
  const other = core.records.get(network) ?? core.records.lookup(network);
  if (other.id === record.id) throw fail("invalid", "cannot join own network");
  if (processOf(other) === null) throw notJoinable("network", other.id);
}

/**
 * Checks again when the runtime has joined them: as long as the other container's own first process lives, its number in
 * /proc was nobody else's. Throws conflict.
 */
export function checkStillJoined(core: Core, record: ContainerRecord): void {
  const { NetworkMode, PidMode, IpcMode } = record.hostConfig;
  for (const [what, mode] of Object.entries({ network: NetworkMode, PID: PidMode, IPC: IpcMode })) {
    const target = joinTarget(mode);
    if (target === null) continue;
    const other = core.records.get(target);
    const process = other === null ? null : processOf(other);
    if (process === null || !core.runtime.alive(process.pid, BigInt(process.pidStartTime))) throw notJoinable(what, target);
  }
}

/** Paths of the namespaces that a container joins, and the host's side of its /dev/shm. */
export function joinedNamespaces(
  core: Core,
  record: ContainerRecord,
): { readonly pid: string | null; readonly ipc: string | null; readonly shm: string | null } {
  const { PidMode, IpcMode } = record.hostConfig;
  const pid = joined(core, record, { mode: PidMode, what: "PID" });
  const ipc = joined(core, record, { mode: IpcMode, what: "IPC" });
  const shm = IpcMode === "host" ? "/dev/shm" : IpcMode === "shareable" ? shmFolder(core, record.id) : null;
  return {
    pid: pid === null ? null : `/proc/${pid.process.pid}/ns/pid`,
    ipc: ipc === null ? null : `/proc/${ipc.process.pid}/ns/ipc`,
    shm: ipc === null ? shm : ipc.record.hostConfig.IpcMode === "host" ? "/dev/shm" : shmFolder(core, ipc.record.id),
  };
}

function joined(
  core: Core,
  record: ContainerRecord,
  { mode, what }: { readonly mode: string; readonly what: string },
): { readonly record: ContainerRecord; readonly process: ProcessIdentity } | null {
  const target = joinTarget(mode);
  if (target === null) return null;
  const other = core.records.lookup(target);
  const process = processOf(other);
  if (process === null || other.id === record.id) throw notJoinable(what, other.id);
  return { record: other, process };
}

function notJoinable(what: string, id: string): BerthError {
  return fail("conflict", `cannot join ${what} of a non running container: ${id}`);
}
