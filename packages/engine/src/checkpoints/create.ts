import { fail, messageOf } from "@berth/base";
import { mkdir, rename } from "node:fs/promises";
import { refuseChanging } from "../containers/change/progress.ts";
import { emitContainerEvent } from "../containers/events.ts";
import type { ContainerRecord } from "../containers/record.ts";
import { endsWithin } from "../containers/stop/kill-and-wait.ts";
import { isRestarting, notRunning } from "../containers/words.ts";
import type { Core } from "../core.ts";
import { checkCheckpointId, checkpointFolders, readCheckpoints, refuseCustomFolder } from "./folder.ts";

/** Longer than any exec takes to start on a machine that is not overwhelmed. */
const startingExecsMs = 20_000;
/** The processes are dead by then; only their end is still to be noted. */
const endWaitMs = 30_000;
const checkpointsMax = 256;

/** What one checkpoint is asked for with. */
export interface CheckpointRequest {
  readonly checkpoint: string;
  /** A folder of the caller's choice, which is refused; empty: with the container. */
  readonly folder: string;
  /** The container ends with it; otherwise it runs on. */
  readonly exit: boolean;
}

/**
 * Keeps the processes of a running container on disk. When that fails it runs on, and nothing of the checkpoint is left.
 * Throws conflict for what the container's state or runtime forbids, unavailable without criu, else criu's own reason.
 */
export async function createCheckpoint(core: Core, reference: string, request: CheckpointRequest): Promise<void> {
  checkCheckpointId(request.checkpoint);
  const { id } = core.records.lookup(reference);
  refuseCustomFolder(request.folder);
  const waiter = core.waiters.add(id, "next-exit");
  try {
    await core.locks.run(id, () => createLocked(core, core.records.need(id), request));
    if (request.exit && !(await endsWithin(waiter.result, endWaitMs)))
      throw fail("internal", `container ${id} was kept in checkpoint ${request.checkpoint}, but its end was not seen`);
  } finally {
    waiter.cancel();
  }
}

async function createLocked(core: Core, record: ContainerRecord, request: CheckpointRequest): Promise<void> {
  const { id, name } = record;
  const { checkpoint, exit } = request;
  refuseState(record, request);
  await core.runtime.requireCheckpoints({ name, runtime: record.hostConfig.Runtime });
  const { whole } = await readCheckpoints(core, id);
  if (whole.includes(checkpoint)) throw refused(name, `checkpoint with name ${checkpoint} already exists for container ${name}`);
  if (whole.length >= checkpointsMax) throw refused(name, `it has ${whole.length} checkpoints already; remove some`);
  // What it would keep of a check's program could not be brought back.
  await core.health.unwatch(id);
  try {
    await core.startingExecs.whileNone(id, startingExecsMs, async () => {
      refuseExecs(core, record);
      await dump(core, record, request);
    });
  } catch (error) {
    if (!core.dumps.wasInterrupted(id)) core.records.update(id, { stoppedByUser: record.stoppedByUser });
    core.health.watch(core.records.need(id));
    throw error;
  }
  emitContainerEvent(core, record, "checkpoint");
  if (!exit) core.health.watch(core.records.need(id));
}

function refuseState(record: ContainerRecord, { exit }: CheckpointRequest): void {
  const { id, name, life } = record;
  refuseChanging(record);
  if (life.status === "restarting") throw isRestarting(id);
  if (life.status === "paused") throw refused(name, "it is paused; unpause it first");
  if (life.status !== "running") throw notRunning(id);
  if (exit && record.hostConfig.AutoRemove)
    throw refused(name, "it is removed when it ends (--rm), and its checkpoint with it; leave it running");
}

function refuseExecs(core: Core, { id, name }: ContainerRecord): void {
  const running = core.execs.all().filter((exec) => exec.containerId === id && exec.life.status === "running").length;
  if (running > 0) throw refused(name, `${running === 1 ? "a command runs" : `${running} commands run`} in it by exec; end them first`);
}

async function dump(core: Core, { id, name }: ContainerRecord, { checkpoint, exit }: CheckpointRequest): Promise<void> {
  const folders = checkpointFolders(core, id, checkpoint);
  await core.blocking.removeTree(folders.halfMade);
  try {
    await core.steps.run("checkpoint.folder", () => mkdir(folders.halfMade, { recursive: true, mode: 0o700 }));
    // Its restart policy must not start it again from the beginning. By the folder a daemon that starts again knows of it.
    if (exit) await core.steps.run("checkpoint.intent", () => core.records.update(id, { stoppedByUser: true }));
    await core.dumps.run(id, () =>
      core.steps.run("checkpoint.dump", () => core.runtime.checkpoint(id, { folder: folders.halfMade, leaveRunning: !exit })),
    );
  } catch (error) {
    await core.blocking.removeTree(folders.halfMade);
    if (core.dumps.wasInterrupted(id)) throw refused(name, "it was killed meanwhile");
    throw fail("internal", `Cannot checkpoint container ${name}: ${messageOf(error)}`, error);
  }
  await core.steps.run("checkpoint.sync", () => core.blocking.syncfs(folders.halfMade));
  await core.steps.run("checkpoint.keep", () => rename(folders.halfMade, folders.final));
}

function refused(name: string, why: string): Error {
  return fail("conflict", `cannot checkpoint container ${name}: ${why}`);
}
