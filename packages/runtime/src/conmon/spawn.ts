import { readFileSync } from "node:fs";
import path from "node:path";
import { fail, messageOf, type Steps } from "@berth/base";
import { type Blocking, type Cgroups, type Kernel, spawnChild } from "@berth/linux";
import { criuReason } from "../checkpoint/criu.ts";
import { restoreLog } from "../checkpoint/dump.ts";
import type { BundleFiles, Layout } from "../layout.ts";
import { toolEnvironment } from "../oci/environment.ts";
import { StartError, startError } from "../oci/errors.ts";
import type { RuntimeCall } from "../oci/protected-program.ts";
import { Scratch } from "../oci/scratch.ts";
import type { CreatedProcess } from "../ports.ts";
import { runningStat } from "../process-stat.ts";
import { readLine } from "../read-line.ts";
import { parseAnswer } from "./answer.ts";
import { runtimeLost } from "./lost-runtime.ts";
import type { BundleRecord } from "./record.ts";

/** conmon reports most errors to the journal only; without an answer by then, something is wrong. */
const ANSWER_TIMEOUT_MS = 60_000;
/** Gigabytes of memory take a while to be read. */
const RESTORE_TIMEOUT_MS = 15 * 60_000;
const ANSWER_LIMIT_BYTES = 64 * 1024;
const PID_FILE_TIMEOUT_MS = 2000;
const O_NONE = 0;

/** What one monitor is started for. */
export interface MonitorRequest {
  readonly id: string;
  readonly layout: Layout;
  readonly files: BundleFiles;
  readonly record: BundleRecord;
  readonly call: RuntimeCall;
  readonly conmon: string;
  /** Where conmon itself is counted: beside the container's cgroup, never in it. */
  readonly monitorCgroup: string;
  readonly logSizeMaxBytes: number;
  /** The program the container runs, for messages. */
  readonly command: string;
  /** Folder of the checkpoint that the container goes on from. */
  readonly restoreFrom: string | null;
  readonly kernel: Kernel;
  readonly blocking: Pick<Blocking, "unmount">;
  readonly cgroups: Cgroups;
  readonly steps: Steps;
}

/**
 * Starts conmon, which lets the OCI runtime create the container and stays as its parent. conmon waits for a byte
 * until it stands in its cgroup; if the daemon dies before, it creates the container all the same.
 * @throws StartError with Docker's words when the runtime refuses; timeout when conmon does not answer
 */
export async function spawnMonitor(request: MonitorRequest): Promise<CreatedProcess> {
  const { kernel, cgroups, steps, files } = request;
  const scratch = new Scratch(request);
  const places = scratch.make();
  const [syncRead, syncWrite] = kernel.pipe2(O_NONE);
  const [startRead, startWrite] = kernel.pipe2(O_NONE);
  const [errorRead, errorWrite] = kernel.pipe2(O_NONE);
  const closeLater = new Set([syncWrite, startRead, errorWrite, startWrite]);
  const close = (fd: number): void => {
    if (closeLater.delete(fd)) kernel.close(fd);
  };
  let answer: Promise<string> | null = null;
  let complaint: Promise<string> | null = null;
  try {
    const child = await steps.run("start.spawn-monitor", () =>
      spawnChild([request.conmon, ...monitorArguments(request)], {
        cwd: files.folder,
        env: toolEnvironment({ ...places, ...request.call.environment, _OCI_SYNCPIPE: "3", _OCI_STARTPIPE: "4" }),
        stdio: ["ignore", "ignore", errorWrite, syncWrite, startRead],
      }),
    );
    close(syncWrite);
    close(startRead);
    close(errorWrite);
    const timeoutMs = request.restoreFrom === null ? ANSWER_TIMEOUT_MS : RESTORE_TIMEOUT_MS;
    const common = { kernel, timeoutMs, limitBytes: ANSWER_LIMIT_BYTES, what: "conmon" };
    answer = readLine({ ...common, fd: syncRead });
    complaint = readLine({ ...common, fd: errorRead });
    complaint.catch(() => undefined);
    answer.catch(() => undefined);
    await steps.run("start.release-monitor", async () => {
      await cgroups.readyMoves();
      cgroups.enter(request.monitorCgroup, child.pid);
      try {
        kernel.write(startWrite, new Uint8Array([0x78]));
      } finally {
        close(startWrite);
      }
    });
    const text = await steps.run("start.await-created", () => answerOf(request, answer ?? Promise.resolve("")));
    return await created(request, text, complaint);
  } finally {
    for (const fd of [...closeLater]) close(fd);
    if (answer === null) kernel.close(syncRead);
    if (complaint === null) kernel.close(errorRead);
    await scratch.remove();
  }
}

/** What the monitor says. @throws StartError when it will never say anything */
async function answerOf({ files, record, command }: MonitorRequest, answer: Promise<string>): Promise<string> {
  const stop = new AbortController();
  const lost = runtimeLost(() => readPid(files.monitorPid), stop.signal);
  try {
    const text = await Promise.race([answer, lost]);
    if (text !== undefined) return text;
    const message = "the runtime was killed before it had ended";
    throw startError({ operation: "create", runtime: record.runtime, command, message });
  } finally {
    stop.abort();
  }
}

/** The pid that conmon reported, or the runtime's message. */
async function created(request: MonitorRequest, text: string, complaint: Promise<string>): Promise<CreatedProcess> {
  const { data: pid, message } = parseAnswer(text);
  if (pid > 0) {
    // conmon's first process writes the pid file of the second, which may have answered before.
    for (const until = performance.now() + PID_FILE_TIMEOUT_MS; performance.now() < until; await Bun.sleep(1)) {
      const process = findProcess(request.files, pid);
      if (process !== null) return process;
    }
    throw fail("internal", `container ${request.id} ended before it was started`);
  }
  if (request.restoreFrom !== null) throw await restoreError(request, message);
  const reason = message !== "" ? message : await complaint.catch(messageOf);
  throw startError({ operation: "create", runtime: request.record.runtime, command: request.command, message: reason });
}

/** Why a container does not go on from its checkpoint: criu's reason, else the runtime's words. */
async function restoreError({ id, layout, restoreFrom }: MonitorRequest, message: string): Promise<StartError> {
  const reason = (await criuReason(restoreLog(layout, id))) ?? (message === "" ? "the runtime gave no reason" : message.trim());
  return new StartError("internal", `cannot restore container ${id} from checkpoint ${path.basename(restoreFrom ?? "")}: ${reason}`, 128);
}

/** Container and monitor as the bundle's pid files name them; null when one of them has not been written or has ended. */
export function findProcess(files: BundleFiles, reportedPid?: number): CreatedProcess | null {
  const pid = reportedPid ?? readPid(files.pid);
  const monitorPid = readPid(files.monitorPid);
  if (pid === null || monitorPid === null) return null;
  const stat = runningStat(pid);
  const monitor = runningStat(monitorPid);
  if (stat === null || monitor === null) return null;
  return { pid, pidStartTime: stat.startTime, monitorPid, monitorPidStartTime: monitor.startTime };
}

/** A pid file; null when it is not there or holds no number. */
export function readPid(path: string): number | null {
  try {
    const text = readFileSync(path, "utf8").trim();
    return /^[1-9]\d*$/.test(text) ? Number(text) : null;
  } catch {
    return null;
  }
}

function monitorArguments({ id, files, layout, record, call, logSizeMaxBytes, restoreFrom }: MonitorRequest): string[] {
  const stdin = record.openStdin ? ["--stdin"] : [];
  const terminal = record.tty ? ["--terminal"] : [];
  // A terminal's input is its output: closing it would hang up. Otherwise Docker closes stdin with StdinOnce only.
  const leave = record.openStdin && (record.tty || !record.stdinOnce) ? ["--leave-stdin-open"] : [];
  return [
    ...["--api-version", "1", "--cid", id, "--cuuid", id, "--name", id],
    ...["--runtime", call.path, "--runtime-arg", "--root", "--runtime-arg", layout.state],
    ...["--bundle", files.folder, "--container-pidfile", files.pid, "--conmon-pidfile", files.monitorPid],
    ...["--exit-dir", layout.exits, "--full-attach", "--no-sync-log", "--log-level", "error"],
    ...["--log-path", `k8s-file:${record.logFile}`, ...(logSizeMaxBytes > 0 ? ["--log-size-max", String(logSizeMaxBytes)] : [])],
    ...(restoreFrom === null ? [] : ["--restore", restoreFrom, "--runtime-opt", "--file-locks"]),
    ...stdin,
    ...terminal,
    ...leave,
  ];
}
