import { type Clock, KeyedMutex, type Logger, messageOf, type Steps } from "@berth/base";
import type { ImageEvents, ImageStore } from "@berth/images";
import type { Blocking, Cgroups, Counters, Kernel } from "@berth/linux";
import type { Networks } from "@berth/network";
import type { Runtime } from "@berth/runtime";
import type { Security } from "@berth/security";
import type { Database } from "@berth/store";
import { mkdir } from "node:fs/promises";
import { Dumps } from "./checkpoints/dumps.ts";
import { attachToContainer } from "./attach/attach.ts";
import { AttachHubs } from "./attach/hubs.ts";
import { createCheckpoint } from "./checkpoints/create.ts";
import { listCheckpoints } from "./checkpoints/list.ts";
import { removeCheckpoint } from "./checkpoints/remove.ts";
import { finishChanges } from "./containers/change/finish.ts";
import { changeContainer } from "./containers/change.ts";
import { openContainerStore } from "./containers/containers.store.ts";
import { createContainer } from "./containers/create.ts";
import { handleExit } from "./containers/exit.ts";
import { logFile, logPositionFile } from "./containers/folder.ts";
import { inspectContainer } from "./containers/inspect.ts";
import { killContainer } from "./containers/kill.ts";
import { listContainers } from "./containers/list.ts";
import { pauseContainer, unpauseContainer } from "./containers/pause.ts";
import { type ContainerRecord, isRunning } from "./containers/record.ts";
import { pruneContainers } from "./containers/prune.ts";
import { ContainerRegistry } from "./containers/registry.ts";
import { removeContainer } from "./containers/remove.ts";
import { renameContainer } from "./containers/rename.ts";
import { resizeContainer } from "./containers/resize.ts";
import { restartContainer } from "./containers/restart.ts";
import { RestartTimers } from "./containers/restarts/timers.ts";
import { startContainer } from "./containers/start/by-user.ts";
import { stopContainer } from "./containers/stop.ts";
import { topOfContainer } from "./containers/top.ts";
import { updateContainer } from "./containers/update.ts";
import { waitForContainer } from "./containers/wait.ts";
import { Waiters } from "./containers/waiters.ts";
import { type Core, cgroupPath } from "./core.ts";
import { EventBus } from "./events/bus.ts";
import { subscribeEvents } from "./events/subscribe.ts";
import { createExec } from "./execs/create.ts";
import { inspectExec } from "./execs/inspect.ts";
import { killExecs } from "./execs/kill.ts";
import { listExecs } from "./execs/list.ts";
import { resizeExec } from "./execs/resize.ts";
import { startExec } from "./execs/start.ts";
import { StartingExecs } from "./execs/starting.ts";
import { ExecTable } from "./execs/table.ts";
import { readContainerPath, statContainerPath, writeContainerPath } from "./files/archive.ts";
import { containerChanges } from "./files/changes.ts";
import { commitContainer } from "./files/commit.ts";
import { exportContainer } from "./files/export.ts";
import { openFilesPool } from "./files/pool.ts";
import { ViewTable } from "./files/views.ts";
import { HealthMonitors } from "./health/monitors.ts";
import { healthWork } from "./health/note.ts";
import { readLogs } from "./logs/read-logs.ts";
import { LogForwarders } from "./logs/forward/forwarders.ts";
import { sinkOpener } from "./logs/forward/openers.ts";
import { QuietLogs } from "./logs/quiet-logs.ts";
import { LogRotation } from "./logs/rotation.ts";
import { createNetwork } from "./networks/create.ts";
import { removeNetwork } from "./networks/remove.ts";
import { openVolumeStore } from "./mounts/volumes.store.ts";
import { Volumes } from "./mounts/volumes.ts";
import { createVolume } from "./volumes/create.ts";
import { inspectVolume } from "./volumes/inspect.ts";
import { listVolumes } from "./volumes/list.ts";
import { removeVolume } from "./volumes/remove.ts";
import type { ContainerFiles, Containers, Engine, Execs } from "./ports.ts";
import { noteOutOfMemory } from "./oom/note.ts";
import { OomWatch } from "./oom/watch.ts";
import { recover } from "./recovery/recover.ts";
import { restartAfterBoot } from "./recovery/restart-after-boot.ts";
import type { EngineSettings, HostSnapshot } from "./settings.ts";
import { shutdownEngine } from "./shutdown.ts";
import { StatsLoop } from "./stats/loop.ts";
import { statsOfContainer, watchStatsOfContainer } from "./stats/stats.ts";
import { readHost } from "./system/host.ts";
import { systemId, systemInfo } from "./system/info.ts";
import { systemVersion } from "./system/version.ts";

/** What the engine is made of. */
export interface EngineOptions {
  readonly dataRoot: string;
  readonly execRoot: string;
  readonly database: Database;
  readonly kernel: Kernel;
  readonly blocking: Blocking;
  readonly cgroups: Cgroups;
  readonly counters: Counters;
  readonly images: ImageStore;
  readonly networks: Networks;
  readonly runtime: Runtime;
  readonly security: Security;
  readonly log: Logger;
  readonly steps: Steps;
  readonly clock: Clock;
  readonly settings: EngineSettings;
  /** What is known of the machine; read from it when left out. */
  readonly host?: HostSnapshot;
}

/** An engine with a life. */
export interface RunningEngine extends Engine {
  /** Restart policies of a fresh start are being carried out until this resolves. */
  readonly settled: Promise<void>;
  /** Containers of an image, for the image store's checks. */
  imageUsers(imageId: string): { readonly containerId: string; readonly running: boolean }[];
  /** Where the image store tells of its changes. */
  readonly imageEvents: ImageEvents;
  /** Takes over settings that were changed while it runs; containers that exist keep what they have. */
  reload(settings: EngineSettings): void;
  /** Ends the engine; without live-restore its containers too. */
  shutdown(): Promise<void>;
}

/** Opens the engine on a data root: migrates, recovers, and watches over what runs from then on. */
export async function openEngine(options: EngineOptions): Promise<RunningEngine> {
  await mkdir(`${options.dataRoot}/containers`, { recursive: true, mode: 0o711 });
  await mkdir(`${options.dataRoot}/volumes`, { recursive: true, mode: 0o711 });
  const core = makeCore(options);
  await recover(core);
  core.forwarders.resume(core.records.all());
  core.restarts.release();
  core.runtime.watchExits((exit) => {
    handleExit(core, exit).catch((error: unknown) =>
      core.log.error("an exit was not dealt with", { id: exit.id, error: messageOf(error) }),
    );
  });
  const settled = Promise.all([finishChanges(core), restartAfterBoot(core)]).then(() => undefined);
  return {
    containers: containersOf(core),
    execs: execsOf(core),
    checkpoints: {
      create: (reference, request) => createCheckpoint(core, reference, request),
      list: (reference, request) => listCheckpoints(core, reference, request),
      remove: (reference, request) => removeCheckpoint(core, reference, request),
    },
    files: filesOf(core),
    volumes: {
      list: (filters) => listVolumes(core, filters),
      create: (request) => createVolume(core, request),
      inspect: (name) => inspectVolume(core, name),
      remove: (name, request) => removeVolume(core, name, request),
    },
    networks: {
      create: (request) => createNetwork(core, request),
      remove: (reference) => removeNetwork(core, reference),
    },
    events: { subscribe: (request) => subscribeEvents(core.bus, core.clock, request) },
    info: () => systemInfo(core),
    version: () => Promise.resolve(systemVersion(core)),
    settled,
    imageUsers: (imageId) => core.records.ofImage(imageId).map((record) => ({ containerId: record.id, running: isRunning(record) })),
    imageEvents: {
      emit: (action, id, name) => core.bus.emit({ type: "image", action, id, attributes: { ...imageLabels(core, id), name } }),
    },
    reload: (settings) => reload(core, settings),
    shutdown: () => shutdownEngine(core),
  };
}

function reload(core: Core & { settings: EngineSettings }, settings: EngineSettings): void {
  core.settings = settings;
  core.bus.emit({
    type: "daemon",
    action: "reload",
    id: systemId(core),
    attributes: {
      name: core.host.hostname,
      debug: String(settings.debug),
      labels: JSON.stringify(settings.labels),
      "live-restore": String(settings.liveRestore),
      "shutdown-timeout": String(settings.shutdownTimeoutS),
      "insecure-registries": JSON.stringify(settings.insecureRegistries),
      "registry-mirrors": JSON.stringify(settings.registryMirrors),
    },
  });
}

function imageLabels(core: Core, id: string): Readonly<Record<string, string>> {
  try {
    return core.images.resolve(id).config.config?.Labels ?? {};
  } catch {
    // Deleted: what it was labelled is gone with it.
    return {};
  }
}

function makeCore(options: EngineOptions): Core & { settings: EngineSettings } {
  const { dataRoot, database, runtime, log, blocking, steps, clock, settings } = options;
  const bus = new EventBus({ clock, log });
  const host = options.host ?? readHost();
  const records = new ContainerRegistry(openContainerStore(database));
  const rotation = new LogRotation({
    reopen: (id) => runtime.reopenLogs(id),
    pathOf: (id) => logFile(options, id),
    blocking,
    log,
    quiet: new QuietLogs({ kernel: options.kernel, log }),
    pollMs: settings.logPollMs,
  });
  const looks = {
    ...options,
    recordOf: (id: string) => records.get(id),
    cgroupOf: (record: ContainerRecord) => cgroupPath(options, record),
  };
  const core: Core & { settings: EngineSettings } = {
    ...options,
    bus,
    host,
    records,
    locks: new KeyedMutex(),
    changes: new KeyedMutex(),
    volumes: new Volumes({ root: `${dataRoot}/volumes`, store: openVolumeStore(database), events: bus, blocking, steps }),
    waiters: new Waiters(),
    hubs: new AttachHubs({ runtime, log }),
    execs: new ExecTable(),
    startingExecs: new StartingExecs(),
    health: new HealthMonitors({ clock, log, work: healthWork(() => core) }),
    files: openFilesPool(),
    views: new ViewTable(),
    restarts: new RestartTimers(clock),
    rotation,
    forwarders: new LogForwarders({
      pathOf: (id) => logFile(options, id),
      positionPathOf: (id) => logPositionFile(options, id),
      rotation,
      recordOf: (id) => records.get(id),
      openerOf: (record) => sinkOpener({ ...options, host }, record),
      log,
    }),
    stats: new StatsLoop({ ...looks, hostMemoryBytes: host.memoryBytes }),
    oom: new OomWatch({ ...looks, report: (record) => noteOutOfMemory({ bus, records, steps }, record) }),
    manualRestarts: new Set(),
    prunes: new Set(),
    removals: new Set(),
    dumps: new Dumps(),
  };
  return core;
}

function containersOf(core: Core): Containers {
  return {
    create: (request) => createContainer(core, request),
    list: (request) => listContainers(core, request),
    inspect: (reference, request) => inspectContainer(core, reference, request),
    start: (reference, request) => startContainer(core, reference, request?.checkpoint ?? null),
    stop: (reference, request) => stopContainer(core, reference, request),
    restart: (reference, request) => restartContainer(core, reference, request),
    kill: (reference, signal) => killContainer(core, reference, signal),
    pause: (reference) => pauseContainer(core, reference),
    unpause: (reference) => unpauseContainer(core, reference),
    rename: (reference, name) => renameContainer(core, reference, name),
    update: (reference, request) => updateContainer(core, reference, request),
    change: (reference, request) => changeContainer(core, reference, request),
    remove: (reference, request) => removeContainer(core, reference, request),
    prune: (request) => pruneContainers(core, request),
    wait: (reference, condition) => waitForContainer(core, reference, condition),
    attach: (reference, request) => attachToContainer(core, reference, request),
    logs: (reference, request) => readLogs(core, reference, request),
    top: (reference, psArgs) => topOfContainer(core, reference, psArgs),
    resize: (reference, rows, columns) => resizeContainer(core, reference, { rows, columns }),
    stats: (reference, request) => statsOfContainer(core, reference, request),
    watchStats: (reference, signal) => watchStatsOfContainer(core, reference, signal),
  };
}

function filesOf(core: Core): ContainerFiles {
  return {
    stat: (reference, path) => statContainerPath(core, reference, path),
    read: (reference, request) => readContainerPath(core, reference, request),
    write: (reference, request) => writeContainerPath(core, reference, request),
    changes: (reference) => containerChanges(core, reference),
    export: (reference, request) => exportContainer(core, reference, request),
    commit: (reference, request) => commitContainer(core, reference, request),
  };
}

function execsOf(core: Core): Execs {
  return {
    create: (reference, request) => Promise.resolve().then(() => createExec(core, reference, request)),
    start: (id, request) => startExec(core, id, request),
    resize: (id, rows, columns) => resizeExec(core, id, { rows, columns }),
    inspect: (id) => inspectExec(core, id),
    list: (request) => listExecs(core, request),
    kill: (reference, signal) => killExecs(core, reference, signal),
  };
}
