import { Limiter } from "@berth/base";
import { MNT_DETACH } from "@berth/linux";
import type { ExitRecord } from "@berth/runtime";
import { readFileSync } from "node:fs";
import { readdir } from "node:fs/promises";
import { recoverCheckpoints } from "../checkpoints/recover.ts";
import { isChanging } from "../containers/change/progress.ts";
import { releaseResources } from "../containers/cleanup.ts";
import { exitLocked } from "../containers/exit.ts";
import { connectedSettings } from "../containers/network.ts";
import { removeLocked } from "../containers/remove.ts";
import { type ContainerRecord, isRunning, type ProcessIdentity, processOf } from "../containers/record.ts";
import { allLimits } from "../containers/update/limits.ts";
import { sendSignal } from "../containers/stop/send-signal.ts";
import { recoverViews } from "../files/recover-views.ts";
import { type Core, containerFolder, cgroupPath } from "../core.ts";
import { recoverExecs } from "../execs/recover.ts";
import { actOnFailure } from "../health/note.ts";

const exitWaitMs = 2000;
const adoptedAtOnce = 16;
const exitPollMs = 5;
const lost = 255;
const killed = 137;
const SIGKILL = 9;

/**
 * Puts records and reality together again after the daemon ended, in whatever way: adopts what runs, records what ended
 * meanwhile, finishes or undoes what was half done, and sweeps what belongs to nobody. Nothing else works on containers
 * meanwhile.
 */
export async function recover(core: Core): Promise<void> {
  for (const record of core.records.all()) hold(core, record);
  core.images.keepHolds(new Set(core.records.all().map(({ id }) => id)));
  await core.steps.run("recover.views", () => recoverViews(core));
  await core.steps.run("recover.volumes", () => core.volumes.recover());
  await core.steps.run("recover.checkpoints", () => recoverCheckpoints(core));
  const settled = (record: ContainerRecord): Promise<void> =>
    guarded(core, record, () => core.locks.run(record.id, () => settle(core, core.records.need(record.id))));
  // Adopting one waits for Workers most of the time.
  const limiter = new Limiter(adoptedAtOnce);
  const [running, others] = [core.records.all().filter(isRunning), core.records.all().filter((record) => !isRunning(record))];
  await Promise.all(running.map((record) => limiter.run(() => settled(record))));
  for (const record of others) await settled(record);
  await recoverExecs(core);
  await sweep(core);
}

function hold(core: Core, record: ContainerRecord): void {
  try {
    core.images.hold(record.imageId, record.id);
  } catch (error) {
    core.log.error("a container's image is gone", { id: record.id, image: record.imageId, error });
  }
}

async function guarded(core: Core, record: ContainerRecord, task: () => Promise<void>): Promise<void> {
  try {
    await task();
  } catch (error) {
    core.log.error("a container was not recovered", { id: record.id, error });
  }
}

async function settle(core: Core, record: ContainerRecord): Promise<void> {
  const { id, intent } = record;
  if (record.life.status === "removing" || intent === "removing" || intent === "removing-with-volumes") {
    await removeLocked(core, record, { volumes: intent === "removing-with-volumes" });
    return;
  }
  if (isRunning(record)) {
    await settleRunning(core, record);
    return;
  }
  if (intent === "none") {
    if (record.life.status === "restarting") core.log.info("a container waits for its restart", { id });
    if (record.hostConfig.AutoRemove && record.life.status === "exited" && !isChanging(record))
      await removeLocked(core, record, { volumes: true });
    return;
  }
  // A start that nobody was told of, or a clean-up that did not end: give everything back.
  await core.steps.run("recover.release", () =>
    releaseResources(core, record, { operation: "start", events: { network: false, volumes: false } }),
  );
  const after = core.records.update(id, { intent: "none" });
  if (after.hostConfig.AutoRemove && !isChanging(after) && (intent === "starting" || after.life.status === "exited")) {
    await removeLocked(core, after, { volumes: true });
  }
}

async function settleRunning(core: Core, record: ContainerRecord): Promise<void> {
  const { id } = record;
  const process = processOf(record);
  let exit: ExitRecord | null = null;
  if (process !== null && process.bootId === core.host.bootId) {
    const alive = (): boolean => core.runtime.alive(process.pid, BigInt(process.pidStartTime));
    if (core.runtime.readExit(id) === null && alive()) {
      if (core.runtime.find(id)?.pid === process.pid) {
        await core.steps.run("recover.adopt", () => adopt(core, record));
        return;
      }
      // Asked once more: one that has ended between the two questions is not found either.
      if (alive()) {
        await core.steps.run("recover.abandon", async () => exitLocked(core, record, await abandon(core, record, process)));
        return;
      }
    }
    exit = await awaitExit(core, id, process);
  }
  const ended = exit ?? { id, exitCode: lost, finishedAtNs: core.clock.nowNs(), monitorLost: null };
  await core.steps.run("recover.exit", () => exitLocked(core, record, ended));
}

/** What a monitor that still lives writes of a program that has just ended; null when it has nothing to tell. */
async function awaitExit(core: Core, id: string, process: ProcessIdentity): Promise<ExitRecord | null> {
  const until = performance.now() + exitWaitMs;
  while (core.runtime.alive(process.monitorPid, BigInt(process.monitorPidStartTime)) && performance.now() < until) {
    const exit = core.runtime.readExit(id);
    if (exit !== null) return exit;
    await Bun.sleep(exitPollMs);
  }
  // It may have been written before the monitor's own end.
  return core.runtime.readExit(id);
}

/**
 * Ends a container that runs but cannot be watched over any more, because its monitor was killed or the exec root was
 * emptied: nobody would see it end, log what it writes or let anybody in. Its restart policy may start it again.
 */
async function abandon(core: Core, record: ContainerRecord, process: ProcessIdentity): Promise<ExitRecord> {
  const { id } = record;
  const monitor = { ...process, pid: process.monitorPid, pidStartTime: process.monitorPidStartTime };
  const watched = core.runtime.alive(monitor.pid, BigInt(monitor.pidStartTime));
  // The monitor first: what it would tell of the end that is made here is of no use.
  if (watched) sendSignal(core, monitor, SIGKILL);
  await core.cgroups.kill(cgroupPath(core, record));
  // It may have ended by itself between the two looks.
  const exit = core.runtime.readExit(id);
  if (exit !== null) return exit;
  const reason = watched
    ? `its files below ${core.execRoot} were removed while the daemon was down`
    : `its monitor (conmon, process ${monitor.pid}) was killed while the daemon was down`;
  core.log.error("a running container cannot be taken over; it was stopped", { id, pid: process.pid, reason });
  return {
    id,
    exitCode: killed,
    finishedAtNs: core.clock.nowNs(),
    monitorLost: `the container was stopped, because ${reason}; its exit code is not known`,
  };
}

/** Takes a container over that runs on. */
async function adopt(core: Core, record: ContainerRecord): Promise<void> {
  const sandbox = await core.networks.adopt(record.id);
  const change = sandbox === null ? {} : { network: connectedSettings(sandbox, record.endpoints), ports: sandbox.settings.Ports };
  // A thousand containers are a thousand rows, and hardly any has changed.
  const known = Bun.deepEquals({ ...record, ...change }, record) ? record : core.records.update(record.id, change);
  if (known.intent === "updating") await core.steps.run("recover.limits", () => limitAgain(core, known));
  const frozen = isFrozen(core, known);
  const paused = known.heldByCommit === true ? await letGoOn(core, known, frozen) : frozen;
  if (paused !== null && paused !== (known.life.status === "paused")) {
    const process = processOf(known);
    if (process !== null) core.records.update(record.id, { life: { status: paused ? "paused" : "running", process } });
  }
  core.rotation.watch(known);
  core.health.watch(core.records.need(record.id), { resumed: true });
  // What the last daemon decided and did not get to; the lock that it needs is free when recovery has ended.
  void actOnFailure(core, record.id);
  await core.oom.started(core.records.need(record.id));
  core.log.info("container adopted", { id: record.id, pid: processOf(record)?.pid });
}

/** An update that nobody was told of may have reached the kernel: what the row says holds. */
async function limitAgain(core: Core, record: ContainerRecord): Promise<void> {
  await core.cgroups.limit(cgroupPath(core, record), allLimits(record.hostConfig));
  core.records.update(record.id, { intent: "none" });
}

/** A commit had frozen it, and nobody else will let it go on. */
async function letGoOn(core: Core, record: ContainerRecord, frozen: boolean | null): Promise<boolean> {
  if (frozen !== false) await core.cgroups.freeze(cgroupPath(core, record), false);
  core.records.update(record.id, { heldByCommit: false });
  return false;
}

// A crash between freezing and its row: the kernel knows. null where it cannot be told.
function isFrozen(core: Core, record: ContainerRecord): boolean | null {
  const path = cgroupPath(core, record);
  const files = [`/sys/fs/cgroup${path}/cgroup.freeze`, `/sys/fs/cgroup/freezer${path}/freezer.state`];
  for (const file of files) {
    try {
      const text = readFileSync(file, "utf8").trim();
      return text === "1" || text === "FROZEN";
    } catch {
      // The other kind of cgroup has it.
    }
  }
  return null;
}

/** Removes what belongs to no container: runtime state, networks, mounts, folders. */
async function sweep(core: Core): Promise<void> {
  const live = new Set(
    core.records
      .all()
      .filter(isRunning)
      .map((record) => record.id),
  );
  for (const id of await core.runtime.known()) {
    if (live.has(id)) continue;
    core.log.info("removing what a container left in the runtime", { id });
    await core.steps.run("recover.runtime", () =>
      core.runtime.delete(id).catch((error: unknown) => core.log.error("clean-up failed", { id, error })),
    );
  }
  await core.steps.run("recover.networks", () => core.networks.recover(live));
  for (const id of await readdir(`${core.dataRoot}/containers`)) {
    if (core.records.get(id) !== null) continue;
    core.log.info("removing a folder without a container", { id });
    const folder = containerFolder(core, id);
    await core.steps.run("recover.folder", async () => {
      await core.blocking.unmount(`${folder}/rootfs`, MNT_DETACH);
      await core.blocking.unmount(`${folder}/shm`, MNT_DETACH);
      await core.blocking.removeTree(folder).catch((error: unknown) => core.log.error("clean-up failed", { id, error }));
    });
  }
}
