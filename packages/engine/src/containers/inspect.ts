import type { ContainerInspect, ContainerState, MountPoint } from "@berth/spec";
import { type Core, containerFolder } from "../core.ts";
import type { HealthState } from "../health/state.ts";
import { protectionRequest } from "./create.ts";
import { parseLink } from "./create/joins.ts";
import { extrasOf } from "./extras.ts";
import { jsonLogFile, logFile } from "./folder.ts";
import { idleNetworkSettings } from "./network.ts";
import { type ContainerRecord, isRunning, type MountRecord, processOf } from "./record.ts";
import { sizesOf } from "./size.ts";
import { etcFiles } from "./start/etc-files.ts";
import { zeroTime } from "./time.ts";

/** Everything about a container, in Docker's form. Throws not-found. */
export async function inspectContainer(core: Core, reference: string, options: { readonly size: boolean }): Promise<ContainerInspect> {
  const record = core.records.lookup(reference);
  const { id } = record;
  const files = etcFiles(core, record);
  const folder = containerFolder(core, id);
  // Docker shows these paths only once a start has made the files.
  const started = record.startedAt !== zeroTime || record.network !== null;
  const running = isRunning(record);
  const execs = core.execs.ofContainer(id);
  return {
    Id: id,
    Created: record.createdAt,
    Path: record.path,
    Args: [...record.args],
    State: stateOf(record),
    Image: record.imageId,
    ResolvConfPath: started ? files.resolvConf : "",
    HostnamePath: started ? files.hostname : "",
    HostsPath: started ? files.hosts : "",
    LogPath: started ? logPath(core, record) : "",
    Name: `/${record.name}`,
    RestartCount: record.restartCount,
    Driver: "overlay2",
    Platform: "linux",
    MountLabel: "",
    ProcessLabel: "",
    AppArmorProfile: core.security.protect(protectionRequest(record.hostConfig)).apparmorProfile ?? "",
    ExecIDs: execs.length === 0 ? null : execs,
    HostConfig: { ...record.hostConfig, Links: linksOf(core, record) },
    GraphDriver: {
      Data: {
        LowerDir: core.images.layerDirectories(record.imageId).join(":"),
        MergedDir: `${folder}/rootfs`,
        UpperDir: `${folder}/files/upper`,
        WorkDir: `${folder}/files/work`,
      },
      Name: "overlay2",
    },
    ...(options.size ? await sizesOf(core, record) : {}),
    Mounts: record.mounts.map(mountPoint),
    Config: record.config,
    NetworkSettings: running && record.network !== null ? record.network : idleNetworkSettings(idleEndpoints(record)),
    ...(await extrasOf(core, record)),
  };
}

/** Links as `/other:/own/alias`, both by the names of today; one whose container is gone is gone too. */
function linksOf(core: Core, record: ContainerRecord): string[] | null {
  const links = record.hostConfig.Links;
  if (links === null) return null;
  const shown = links.flatMap((link) => {
    const { target, alias } = parseLink(link);
    const other = core.records.get(core.records.idOfName(target.replace(/^\//, "")) ?? target);
    return other === null ? [] : [`/${other.name}:/${record.name}/${alias}`];
  });
  return shown.length === 0 ? null : shown;
}

/** Of json-file only, as in Docker; in Docker's format when that was asked for. */
function logPath(core: Core, { id, hostConfig: { LogConfig } }: ContainerRecord): string {
  if (LogConfig.Type !== "json-file") return "";
  return LogConfig.Config["format"] === "json" ? jsonLogFile(core, id) : logFile(core, id);
}

/** The `State` of inspect. */
export function stateOf(record: ContainerRecord): ContainerState {
  const { status } = record.life;
  return {
    Status: status,
    // As in Docker a container between two runs counts as running.
    Running: status === "running" || status === "paused" || status === "restarting",
    Paused: status === "paused",
    Restarting: status === "restarting",
    OOMKilled: record.oomKilled,
    Dead: status === "dead",
    Pid: processOf(record)?.pid ?? 0,
    ExitCode: record.exitCode,
    Error: record.error,
    StartedAt: record.startedAt,
    FinishedAt: record.finishedAt,
    ...(record.health === null ? {} : { Health: shownHealth(record.health) }),
  };
}

function shownHealth({ status, failingStreak, log }: HealthState): NonNullable<ContainerState["Health"]> {
  return {
    Status: status,
    FailingStreak: failingStreak,
    Log: log.map(({ start, end, exitCode, output }) => ({ Start: start, End: end, ExitCode: exitCode, Output: output })),
  };
}

/** A mount as inspect and ps show it. */
export function mountPoint(mount: MountRecord): MountPoint {
  return {
    Type: mount.type,
    ...(mount.type === "volume" ? { Name: mount.name } : {}),
    Source: mount.source,
    Destination: mount.destination,
    ...(mount.driver === "" ? {} : { Driver: mount.driver }),
    Mode: mount.mode,
    RW: mount.rw,
    Propagation: mount.propagation,
  };
}

/** Endpoints of a container that does not run: networks by name and id, addresses empty. */
export function idleEndpoints(record: ContainerRecord): ContainerRecord["endpoints"] {
  const ids = record.network?.Networks ?? {};
  return Object.fromEntries(
    Object.entries(record.endpoints).map(([name, endpoint]) => [
      name,
      { ...endpoint, NetworkID: ids[name]?.NetworkID ?? endpoint.NetworkID },
    ]),
  );
}
