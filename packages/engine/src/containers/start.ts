import { fail, kindOf, messageOf } from "@berth/base";
import type { CreatedProcess } from "@berth/runtime";
import type { Sandbox } from "@berth/network";
import { type Core, cgroupPath, containerFolder } from "../core.ts";
import { healthPlan } from "../health/plan.ts";
import { startingHealth } from "../health/state.ts";
import { copyUpVolumes } from "../mounts/copy-up.ts";
import { releaseResources } from "./cleanup.ts";
import { logBounds } from "../logs/config/bounds.ts";
import { forwards } from "../logs/forward/forwarders.ts";
import { checkLogAtStart } from "../logs/forward/openers.ts";
import { isChanging, refuseChanging } from "./change/progress.ts";
import { resolveNetworkJoin } from "./create/joins.ts";
import { emitContainerEvent, emitNetworkEvent, emitVolumeEvents } from "./events.ts";
import { logFile, writeCopy } from "./folder.ts";
import { connectedSettings, sandboxRequest } from "./network.ts";
import { removeLocked } from "./remove.ts";
import type { ContainerRecord, ProcessIdentity } from "./record.ts";
import { ensureBindSources } from "./start/bind-sources.ts";
import { refuseDeviceRequests } from "./start/device-requests.ts";
import { writeEtcFiles } from "./start/etc-files.ts";
import { startFailure } from "./start/failure.ts";
import { checkJoins, checkStillJoined, mountShm } from "./start/joins.ts";
import { prepareRootfs } from "./start/prepare-rootfs.ts";
import { containerSpec } from "./start/spec.ts";
import { rfc3339 } from "./time.ts";

/** How a container is started. */
export interface StartOptions {
  readonly byPolicy: boolean;
  /** Folder of the checkpoint that it goes on from; absent: its program begins. */
  readonly restoreFrom?: string;
}

/**
 * Starts a container whose lock the caller holds. After a failure nothing of it is left, and the container is what it was;
 * one that waited for a restart has ended, unless its start was `byPolicy`: then the caller decides.
 */
export async function startLocked(core: Core, record: ContainerRecord, options: StartOptions): Promise<void> {
  refuseStart(record);
  if (core.restarts.closed) throw fail("unavailable", "the daemon is shutting down");
  // The monitor and the container are moved into their cgroups on the way.
  void core.cgroups.readyMoves();
  const { id } = record;
  const NetworkMode = resolveNetworkJoin(record.hostConfig.NetworkMode, (reference) => core.records.lookup(reference));
  const hostConfig = { ...record.hostConfig, NetworkMode };
  await core.steps.run("start.intent", () => core.records.update(id, { intent: "starting", error: "", exitCode: 0, hostConfig }));
  const up = new BringUp(core, { ...record, hostConfig }, options.restoreFrom ?? null);
  try {
    await up.run();
  } catch (error) {
    await undo(core, up, { error, ...options });
  }
}

/** Throws what the state of a container forbids. */
export function refuseStart(record: ContainerRecord): void {
  // In its other phases it is the change that starts it.
  if (record.change?.phase === "stopping" && record.life.status !== "running") refuseChanging(record);
  switch (record.life.status) {
    case "running":
      throw fail("not-modified", `container ${record.id} is already running`);
    case "paused":
      throw fail("conflict", "cannot start a paused container, try unpause instead");
    case "removing":
    case "dead":
      throw fail("conflict", "container is marked for removal and cannot be started");
    case "created":
    case "exited":
    case "restarting":
      return;
  }
}

/** The steps of one start, and how far it came. */
class BringUp {
  readonly #core: Core;
  readonly #restoreFrom: string | null;
  record: ContainerRecord;
  connected = false;
  mounted = false;

  constructor(core: Core, record: ContainerRecord, restoreFrom: string | null) {
    this.#core = core;
    this.record = record;
    this.#restoreFrom = restoreFrom;
  }

  async run(): Promise<void> {
    const core = this.#core;
    const { id } = this.record;
    const sandbox = await this.#ground();
    this.record = core.records.update(id, { network: connectedSettings(sandbox, this.record.endpoints), ports: sandbox.settings.Ports });
    emitNetworkEvent(core, this.record, "connect");
    this.connected = true;
    emitVolumeEvents(core, this.record, "mount");
    this.mounted = true;
    const created = await this.#create(sandbox);
    checkStillJoined(core, this.record);
    // Whoever attached before the start gets the first byte too.
    core.hubs.open(this.record);
    // One that was restored goes on already.
    if (this.#restoreFrom === null) await core.steps.run("start.run", () => core.runtime.start(id));
    const plan = healthPlan(this.record.config);
    this.record = await core.steps.run("start.row", () =>
      core.records.update(id, {
        life: { status: "running", process: identity(core, this.record, created) },
        health: startingHealth(plan, this.record.health),
        intent: "none",
        startedAt: rfc3339(core.clock.nowNs()),
        finishedAt: this.record.finishedAt,
        exitCode: 0,
        error: "",
        oomKilled: false,
      }),
    );
    core.rotation.watch(this.record);
    core.health.watch(this.record);
    core.forwarders.watch(this.record);
    emitContainerEvent(core, this.record, "start");
    await core.oom.started(this.record);
    await writeCopy(core, this.record);
  }

  /** Root file system and network, side by side; both have ended when it returns or throws. */
  async #ground(): Promise<Sandbox> {
    const core = this.#core;
    const { record } = this;
    const folder = containerFolder(core, record.id);
    refuseDeviceRequests(record.hostConfig);
    await ensureBindSources(record);
    checkJoins(core, record);
    const [mounted, connected] = await Promise.allSettled([
      core.steps.run("start.mount", async () => {
        // Somebody who looks at its files has mounted it: twice would be once too often.
        if (core.views.takeMount(record.id)) return;
        await core.blocking.mountOverlay({
          lower: core.images.layerDirectories(record.imageId),
          upper: `${folder}/files/upper`,
          work: `${folder}/files/work`,
          target: `${folder}/rootfs`,
          volatile: record.hostConfig.AutoRemove,
        });
      }),
      core.steps.run("start.network", () => core.networks.connect(sandboxRequest(core, record))),
    ]);
    if (connected.status === "rejected") throw connected.reason;
    if (mounted.status === "rejected") throw mounted.reason;
    const sandbox = connected.value;
    if (record.hostConfig.IpcMode === "shareable") await core.steps.run("start.shm", () => mountShm(core, record));
    await core.steps.run("start.files", () => writeEtcFiles(core, record, sandbox));
    await core.steps.run("start.copy", () => copyUpVolumes(core, record, `${folder}/rootfs`));
    await core.steps.run("start.rootfs", () => prepareRootfs(core, record, `${folder}/rootfs`));
    return sandbox;
  }

  async #create(sandbox: Sandbox): Promise<CreatedProcess> {
    const core = this.#core;
    const { record } = this;
    const { spec, cgroup } = containerSpec(core, record, sandbox);
    await prepareLog(core, record);
    const bounds = logBounds(record.hostConfig.LogConfig);
    return core.steps.run("start.create", () =>
      core.runtime.create({
        id: record.id,
        runtime: record.hostConfig.Runtime,
        spec,
        paths: {
          bundle: `${core.execRoot}/containers/${record.id}`,
          logFile: record.hostConfig.LogConfig.Type === "none" ? "/dev/null" : logFile(core, record.id),
        },
        openStdin: record.config.OpenStdin,
        stdinOnce: record.config.StdinOnce,
        tty: record.config.Tty,
        cgroupPath: cgroup,
        // Only for a daemon that is down for long: the monitor drops what is over its limit, the engine never does.
        logSizeMaxBytes: Number.isFinite(bounds.maxSizeBytes) ? Math.max(bounds.maxSizeBytes * 16, 64 * 1024 * 1024) : 0,
        ...(this.#restoreFrom === null ? {} : { restoreFrom: this.#restoreFrom }),
      }),
    );
  }
}

async function prepareLog(core: Core, record: ContainerRecord): Promise<void> {
  try {
    checkLogAtStart(core, record);
    if (forwards(record)) await core.steps.run("start.log-position", () => core.forwarders.prepare(record));
  } catch (error) {
    throw fail("internal", `failed to initialize logging driver: ${messageOf(error)}`, error);
  }
}

function identity(core: Core, record: ContainerRecord, created: CreatedProcess): ProcessIdentity {
  return {
    pid: created.pid,
    pidStartTime: String(created.pidStartTime),
    monitorPid: created.monitorPid,
    monitorPidStartTime: String(created.monitorPidStartTime),
    bootId: core.host.bootId,
    cgroup: cgroupPath(core, record),
    startedMonotonicMs: core.clock.monotonicMs(),
  };
}

async function undo(core: Core, up: BringUp, { error, byPolicy }: { readonly error: unknown; readonly byPolicy: boolean }): Promise<never> {
  const { id } = up.record;
  const failure = startFailure(error);
  core.log.warn("container did not start", { id, error: messageOf(error), kind: kindOf(error) });
  core.hubs.end(id);
  await releaseResources(core, up.record, { operation: "start", events: { network: up.connected, volumes: up.mounted } });
  const gaveUp = up.record.life.status === "restarting" && !byPolicy;
  const after = core.records.update(id, {
    life: gaveUp ? { status: "exited" } : up.record.life,
    intent: "none",
    error: failure.message,
    exitCode: failure.exitCode,
  });
  await writeCopy(core, after);
  // Who waits for a first end goes on waiting, as in Docker; who waits between two runs will see no further one.
  if (gaveUp) core.waiters.exited(id, { exitCode: failure.exitCode, error: "", restarts: false });
  if (after.hostConfig.AutoRemove && !isChanging(after)) await removeLocked(core, after, { volumes: true });
  throw fail(failure.kind, failure.message, error);
}
