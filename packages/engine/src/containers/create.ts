import { fail, messageOf, newId } from "@berth/base";
import type { ContainerConfig, EndpointSettings, HostConfig } from "@berth/spec";
import type { ImageRecord } from "@berth/images";
import { isPredefined } from "@berth/network";
import { type Core, containerFolder } from "../core.ts";
import { resolveMounts } from "../mounts/resolve-mounts.ts";
import type { VolumeRecord } from "../mounts/volumes.store.ts";
import type { Containers } from "../ports.ts";
import { checkConfig } from "./create/check-config.ts";
import { checkHostConfig } from "./create/check-host-config.ts";
import { checkLogConfig } from "./create/check-log-config.ts";
import { checkModes } from "./create/check-modes.ts";
import { fillHostConfig } from "./create/host-config.ts";
import { checkLinks, resolveJoins } from "./create/joins.ts";
import { commandOf, mergeConfig } from "./create/merge-config.ts";
import { emitContainerEvent } from "./events.ts";
import { readExtensions } from "./extensions.ts";
import { makeContainerFolder, writeCopy } from "./folder.ts";
import { checkName, generateName } from "./names.ts";
import { sandboxRequest } from "./network.ts";
import type { ContainerRecord } from "./record.ts";
import { checkRequires } from "./requires/check.ts";
import { rfc3339, zeroTime } from "./time.ts";

type CreateOptions = Parameters<Containers["create"]>[0];

/**
 * Makes a container: checks everything, then a folder and a row; nothing in the kernel. Throws with Docker's words:
 * not-found (image, other container), invalid, conflict (name).
 */
export async function createContainer(
  core: Core,
  options: CreateOptions,
): Promise<{ readonly id: string; readonly warnings: readonly string[] }> {
  const { request } = options;
  const name = options.name === null || options.name === "" ? null : checkName(options.name);
  // As in Docker what is asked of the host comes first: a client pulls a missing image before it asks again.
  const asked = fillHostConfig(request.HostConfig ?? {}, hostDefaults(core, options.apiVersion));
  checkModes(request, asked);
  const checked = checkHostConfig(asked, hostFacts(core));
  const host = resolveJoins(checked.host, (reference) => core.records.lookup(reference));
  checkLinks(host.Links, (reference) => core.records.lookup(reference));
  checkLogConfig(host.LogConfig);
  const extensions = readExtensions(host.Annotations);
  core.security.protect(protectionRequest(host));
  if (!request.Image) {
    const said = Object.keys(request).some((key) => key !== "HostConfig" && key !== "NetworkingConfig");
    throw fail("invalid", said ? "No command specified" : "Config cannot be empty in order to create a container");
  }
  const image = core.images.resolve(request.Image);
  const warnings = [...checked.warnings, ...platformWarnings(core, image, options.platform)];
  const config = checkConfig(mergeConfig(request, image.config.config ?? {}));
  const command = commandOf(config);
  if (command === null) throw fail("invalid", "No command specified");
  const id = newId();
  const reserved = core.records.reserveName(name ?? generateName((candidate) => core.records.nameIsFree(candidate)), id);
  try {
    warnings.push(...checkRequires(core, reserved.name, extensions.requires));
    await commit(core, { id, name: reserved.name, config, host, image, command, request });
  } finally {
    reserved.free();
  }
  return { id, warnings };
}

/** A container that the request names; that it is missing is the request's fault, not the address's. */
function lookupNamed(core: Core, reference: string): ContainerRecord {
  try {
    return core.records.lookup(reference);
  } catch (error) {
    throw fail("invalid", messageOf(error), error);
  }
}

interface Checked {
  readonly id: string;
  readonly name: string;
  readonly config: ContainerConfig;
  readonly host: HostConfig;
  readonly image: ImageRecord;
  readonly command: { readonly path: string; readonly args: readonly string[] };
  readonly request: CreateOptions["request"];
}

async function commit(core: Core, checked: Checked): Promise<void> {
  // A start follows most often at once, and moves processes.
  void core.cgroups.readyMoves();
  const { id, host, image } = checked;
  const config = { ...checked.config, Hostname: hostnameOf(core, checked) };
  const createdAt = rfc3339(core.clock.nowNs());
  const mounts = resolveMounts({
    config,
    host,
    volumesRoot: core.volumes.root,
    lookup: (reference) => lookupNamed(core, reference),
  });
  const draft: ContainerRecord = {
    id,
    name: checked.name,
    createdAt,
    imageId: image.id,
    path: checked.command.path,
    args: checked.command.args,
    config,
    hostConfig: host,
    mounts,
    endpoints: {},
    network: null,
    ports: {},
    life: { status: "created" },
    intent: "none",
    exitCode: 0,
    error: "",
    oomKilled: false,
    startedAt: zeroTime,
    finishedAt: zeroTime,
    restartCount: 0,
    stoppedByUser: false,
    backoffMs: 0,
    health: null,
    idShift: 0,
  };
  const { default: first, ...others } = checked.request.NetworkingConfig?.EndpointsConfig ?? {};
  // Clients call the default network `default` as well as by its name.
  const asked = first === undefined || first === null ? others : { bridge: first, ...others };
  const validated = core.networks.validate({ ...sandboxRequest(core, draft), endpoints: asked });
  const record = { ...draft, endpoints: filledEndpoints(validated, asked) };
  await store(core, record, newVolumes(core, record));
}

// Folder before row: a folder without a row is swept at the next start of the daemon, a row without a folder could not start.
async function store(core: Core, record: ContainerRecord, volumes: readonly VolumeRecord[]): Promise<void> {
  const { id } = record;
  core.images.hold(record.imageId, id);
  try {
    for (const volume of volumes) await core.volumes.makeFolder(volume.name);
    await core.steps.run("create.folder", () => makeContainerFolder(core, record));
    await core.steps.run("create.row", () =>
      core.database.transaction(() => {
        for (const mount of record.mounts) if (mount.type === "volume") core.volumes.refuseRemoving(mount.name);
        for (const volume of volumes) core.volumes.record(volume);
        core.records.insert(record);
      }),
    );
  } catch (error) {
    core.images.release(record.imageId, id);
    await core.blocking.removeTree(containerFolder(core, id)).catch((left: unknown) => {
      core.log.warn("the folder of a container that was not created is left until the next start", { id, error: left });
    });
    for (const volume of volumes) await core.volumes.dropFolder(volume.name).catch(() => undefined);
    throw error;
  }
  await writeCopy(core, record);
  for (const volume of volumes) core.volumes.announce(volume);
  emitContainerEvent(core, record, "create");
}

function newVolumes(core: Core, record: ContainerRecord): VolumeRecord[] {
  const names = new Map<string, VolumeRecord>();
  for (const mount of record.mounts) {
    if (mount.type !== "volume" || core.volumes.has(mount.name)) continue;
    names.set(mount.name, { name: mount.name, createdAt: record.createdAt, anonymous: mount.anonymous, labels: {}, options: {} });
  }
  return [...names.values()];
}

function hostnameOf(core: Core, checked: Checked): string {
  if (checked.config.Hostname !== "") return checked.config.Hostname;
  return checked.host.NetworkMode === "host" ? core.host.hostname : checked.id.slice(0, 12);
}

/** What a request for protection is made of. */
export function protectionRequest(host: HostConfig): Parameters<Core["security"]["protect"]>[0] {
  return {
    capAdd: host.CapAdd,
    capDrop: host.CapDrop,
    privileged: host.Privileged,
    securityOpt: host.SecurityOpt,
    maskedPaths: host.MaskedPaths,
    readonlyPaths: host.ReadonlyPaths,
  };
}

/** What checks ask of this machine. */
export function hostFacts(core: Core): Parameters<typeof checkHostConfig>[1] {
  return {
    runtimes: Object.keys(core.runtime.runtimes),
    controllers: core.cgroups.controllers,
    cgroupV2: core.cgroups.version === "v2",
    // Of cgroup v1 crun knows the plain weight alone (crun 1.8.1, src/libcrun/cgroup-resources.c).
    weights: core.cgroups.offers("blkio", ["blkio.weight", "io.weight", "io.bfq.weight"]),
    cpuCount: core.host.cpuCount,
    cpus: core.host.cpus,
    memoryNodes: core.host.memoryNodes,
  };
}

/** What the daemon fills in for a client of that API version. */
export function hostDefaults(core: Core, apiVersion: string): Parameters<typeof fillHostConfig>[1] {
  const minor = Number(apiVersion.split(".")[1] ?? "51");
  const cgroupns = core.settings.defaultCgroupnsMode ?? (core.cgroups.version === "v2" ? "private" : "host");
  return {
    runtime: core.runtime.defaultRuntime,
    // Older clients do not know these modes and expect what Docker did before them.
    cgroupnsMode: minor >= 41 ? cgroupns : "host",
    ipcMode: minor >= 40 ? core.settings.defaultIpcMode : "shareable",
    shmSizeBytes: core.settings.shmSizeBytes,
    logDriver: core.settings.logDriver,
    logOptions: core.settings.logOptions,
    cgroupV2: core.cgroups.version === "v2",
    maskedPaths: core.security.maskedPaths,
    readonlyPaths: core.security.readonlyPaths,
  };
}

function platformWarnings(core: Core, image: ImageRecord, platform: string | null): string[] {
  const { os, architecture } = image.config;
  if (platform !== null && platform !== "") {
    const [wantedOs, wantedArchitecture] = platform.split("/");
    if (wantedOs !== os || (wantedArchitecture !== undefined && wantedArchitecture !== architecture)) {
      throw fail(
        "not-found",
        `image with reference was found but does not match the specified platform: wanted ${platform}, actual: ${os}/${architecture}`,
      );
    }
    return [];
  }
  if (os === "linux" && architecture === core.host.architecture) return [];
  return [
    `The requested image's platform (${os}/${architecture}) does not match the detected host platform (linux/${core.host.architecture}) and no specific platform was requested`,
  ];
}

/** Endpoints by the networks' names, with what was asked of them under whatever reference. */
function filledEndpoints(
  validated: ContainerRecord["endpoints"],
  asked: Readonly<Record<string, Partial<EndpointSettings> | null>>,
): ContainerRecord["endpoints"] {
  const [only, ...more] = Object.values(asked);
  return Object.fromEntries(
    Object.entries(validated).map(([network, settings]) => {
      const other = more.length === 0 && !isPredefined(network) ? only : null;
      const wishes = asked[network] ?? other ?? {};
      return [network, { ...settings, ...withoutUndefined(wishes) }];
    }),
  );
}

function withoutUndefined<T extends object>(value: T): Partial<T> {
  return Object.fromEntries(Object.entries(value).filter(([, entry]) => entry !== undefined && entry !== null)) as Partial<T>;
}
