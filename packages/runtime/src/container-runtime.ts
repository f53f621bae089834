import { existsSync, mkdirSync, readdirSync, rmSync } from "node:fs";
import path from "node:path";
import { fail, type Logger, type Steps } from "@berth/base";
import type { Blocking, Cgroups, Kernel } from "@berth/linux";
import type { RuntimeSpec } from "@berth/spec";
import { dumpIsComplete } from "./checkpoint/criu.ts";
import { awaitStrayDump, dumpContainer, dumpLog } from "./checkpoint/dump.ts";
import { requireCheckpoints } from "./checkpoint/require.ts";
import { sendReopenLogs, sendResize } from "./conmon/control.ts";
import { type BundleRecord, readRecord, writeRecord } from "./conmon/record.ts";
import { findProcess, spawnMonitor } from "./conmon/spawn.ts";
import { LeftMarks } from "./exec/left-marks.ts";
import { findLentShell } from "./exec/lent-shell.ts";
import { runExec } from "./exec/run-exec.ts";
import { runMonitoredExec } from "./exec/run-monitored.ts";
import { joinPlan, ExecTree } from "./exec/tree.ts";
import { readExit } from "./exits/read-exit.ts";
import type { ExitWatcher } from "./exits/watcher.ts";
import { type BundleFiles, bundleFiles, isContainerId, type Layout } from "./layout.ts";
import { deleteContainer } from "./oci/delete.ts";
import type { FoundRuntimes } from "./oci/find.ts";
import { programOf, untilOwnProgram } from "./oci/own-program.ts";
import { type ProtectedProgram, runtimeCall } from "./oci/protected-program.ts";
import { releaseContainer } from "./oci/release.ts";
import type { SeccompFilters } from "./oci/seccomp-filters.ts";
import { findProcesses, unfinishedExecs } from "./oci/stray.ts";
import type {
  CreatedProcess,
  CreateOptions,
  ExecProcess,
  ExecProcesses,
  ExecRequest,
  ExitRecord,
  Runtime,
  StreamSession,
} from "./ports.ts";
import { isAlive, processStat } from "./process-stat.ts";
import { encodeSpec } from "./spec/encode.ts";
import { AttachHub } from "./streams/hub.ts";
import type { QueueLimits } from "./streams/output-queue.ts";
import type { OrphanReaper } from "./orphan-reaper.ts";
import { writeAtomically } from "./write-file.ts";

const SIGKILL = 9;

/** What a {@link ContainerRuntime} is made of; `openRuntime` puts it together. */
export interface RuntimeParts {
  readonly kernel: Kernel;
  readonly blocking: Blocking;
  readonly cgroups: Cgroups;
  readonly log: Logger;
  readonly steps: Steps;
  readonly layout: Layout;
  readonly conmon: string;
  readonly found: FoundRuntimes;
  /** null: crun protects itself. */
  readonly program: ProtectedProgram | null;
  readonly filters: SeccompFilters | null;
  readonly exits: ExitWatcher;
  readonly orphans: OrphanReaper;
  readonly monitorCgroup: string;
  readonly queueLimits: QueueLimits;
}

/** Containers by conmon and an OCI runtime. */
export class ContainerRuntime implements Runtime {
  readonly runtimes: Runtime["runtimes"];
  readonly defaultRuntime: string;
  readonly warnings: readonly string[];
  readonly #parts: RuntimeParts;
  readonly #hubs = new Map<string, AttachHub>();
  readonly #marks = new LeftMarks();

  constructor(parts: RuntimeParts) {
    this.#parts = parts;
    this.runtimes = parts.found.runtimes;
    this.defaultRuntime = parts.found.defaultRuntime;
    this.warnings = parts.found.warnings;
  }

  async create(options: CreateOptions): Promise<CreatedProcess> {
    const { steps, layout, exits, monitorCgroup } = this.#parts;
    const { id, spec } = options;
    const found = this.runtimes[options.runtime];
    if (found === undefined) throw fail("invalid", `unknown or invalid runtime name: ${options.runtime}`);
    const files = bundleFiles(layout, id);
    if (options.paths.bundle !== files.folder)
      throw fail("internal", `bundle ${options.paths.bundle} is not below the runtime's exec root`);
    const record: BundleRecord = {
      runtime: options.runtime,
      runtimePath: found.path,
      cgroupPath: options.cgroupPath,
      logFile: options.paths.logFile,
      tty: options.tty,
      openStdin: options.openStdin,
      stdinOnce: options.stdinOnce,
    };
    try {
      await steps.run("start.write-spec", () => {
        mkdirSync(files.folder, { recursive: true, mode: 0o700 });
        rmSync(path.join(layout.exits, id), { force: true });
        const written = options.runtime === "crun" && this.#parts.filters !== null ? this.#parts.filters.apply(spec) : spec;
        writeAtomically(files.config, encodeSpec(written));
        writeRecord(files, record);
      });
      const process = await spawnMonitor({
        ...this.#parts,
        id,
        files,
        record,
        call: runtimeCall(this.#parts.program, record.runtimePath),
        monitorCgroup,
        logSizeMaxBytes: options.logSizeMaxBytes,
        command: commandOf(spec),
        restoreFrom: options.restoreFrom ?? null,
      });
      exits.add(id, process, options.cgroupPath);
      return process;
    } catch (error) {
      await this.delete(id).catch((cleanup: unknown) => {
        this.#parts.log.warn("cannot clean up after a failed create", { id, error: cleanup });
      });
      throw error;
    }
  }

  async start(id: string): Promise<void> {
    const { kernel, layout, steps } = this.#parts;
    const { record } = this.#bundle(id);
    const pid = this.find(id)?.pid ?? null;
    const before = pid === null ? null : programOf(pid);
    await steps.run("start.open-fifo", () =>
      releaseContainer({ kernel, id, runtime: record.runtime, runtimePath: record.runtimePath, stateRoot: layout.state, hasHooks: false }),
    );
    if (pid !== null) await untilOwnProgram(pid, before);
  }

  async requireCheckpoints({ name, runtime }: { readonly name: string; readonly runtime: string }): Promise<void> {
    const found = this.runtimes[runtime];
    if (found === undefined) throw fail("invalid", `unknown or invalid runtime name: ${runtime}`);
    await requireCheckpoints({ name, runtime, runtimePath: found.path });
  }

  async checkpoint(id: string, { folder, leaveRunning }: { readonly folder: string; readonly leaveRunning: boolean }): Promise<void> {
    const { runtimePath } = this.#bundle(id).record;
    await dumpContainer({ runtimePath, layout: this.#parts.layout, id, folder, leaveRunning });
  }

  async isCheckpointWhole(id: string, folder: string): Promise<boolean> {
    await awaitStrayDump(this.#parts.layout, id);
    return dumpIsComplete(path.join(folder, dumpLog));
  }

  isStarted(id: string): boolean {
    // Both runtimes take the file away when they let the program run.
    return this.find(id) !== null && !existsSync(path.join(this.#parts.layout.state, id, "exec.fifo"));
  }

  find(id: string): CreatedProcess | null {
    return findProcess(bundleFiles(this.#parts.layout, id));
  }

  attach(id: string, options: { readonly tty: boolean }): StreamSession {
    let hub = this.#hubs.get(id);
    if (hub === undefined) {
      const { files, record } = this.#bundle(id);
      const created: AttachHub = new AttachHub({
        kernel: this.#parts.kernel,
        attachSocket: files.attach,
        record,
        spoolFolder: path.dirname(record.logFile),
        limits: this.#parts.queueLimits,
        log: this.#parts.log.with({ id }),
        onEnd: () => {
          if (this.#hubs.get(id) === created) this.#hubs.delete(id);
        },
      });
      hub = created;
      this.#hubs.set(id, hub);
    }
    return hub.join(options.tty);
  }

  resize(id: string, rows: number, columns: number): void {
    sendResize({ kernel: this.#parts.kernel, files: bundleFiles(this.#parts.layout, id), rows, columns });
  }

  reopenLogs(id: string): void {
    sendReopenLogs(this.#parts.kernel, bundleFiles(this.#parts.layout, id));
  }

  async exec(request: ExecRequest): Promise<ExecProcess> {
    const { kernel, blocking, layout, steps, conmon, log, queueLimits: limits, cgroups } = this.#parts;
    const { containerId, execId } = request;
    const bundle = this.#bundle(containerId);
    const { runtime, runtimePath, cgroupPath } = bundle.record;
    const tree = new ExecTree({ kernel, cgroups, cgroupPath, containerId, execId });
    const monitored = request.process.terminal && runtime !== "crun";
    if (monitored && request.lentShell !== undefined) {
      throw fail("not-implemented", `a shell can be lent to containers of the runtime crun only, not of ${runtime}`);
    }
    await steps.run("exec.mark", () => tree.open());
    const join = joinPlan({
      program: path.basename(runtimePath),
      version: this.runtimes[runtime]?.version ?? "",
      v2: cgroups.version === "v2",
      execId,
    });
    const call = runtimeCall(this.#parts.program, runtimePath);
    const options = { kernel, blocking, layout, steps, request, tree, join, call, ...bundle };
    try {
      const started = await (monitored ? runMonitoredExec({ ...options, conmon, log, limits }) : runExec(options));
      void started.exited.finally(() => this.#marks.left(containerId, tree));
      return started;
    } catch (error) {
      this.#marks.left(containerId, tree);
      throw error;
    }
  }

  lentShell(): string | null {
    return findLentShell();
  }

  findExec(options: Parameters<Runtime["findExec"]>[0]): ExecProcesses {
    const { kernel, layout, cgroups } = this.#parts;
    const { containerId, execId, program } = options;
    const { cgroupPath } = this.#bundle(containerId).record;
    const tree = new ExecTree({ kernel, cgroups, cgroupPath, containerId, execId });
    if (program !== null) {
      tree.hold(program.pid, program.pidStartTime);
    } else {
      // Its runtime may still be at work on it; the program that it has just started is its child.
      for (const { pid } of unfinishedExecs(layout, execId)) {
        const child = cgroups.processes(cgroupPath).find((each) => processStat(each)?.parent === pid);
        if (child !== undefined) tree.hold(child, processStat(child)?.startTime ?? 0n);
        kernel.kill(pid, SIGKILL);
      }
    }
    this.#marks.left(containerId, tree);
    return tree;
  }

  watchExits(onExit: (exit: ExitRecord) => void): void {
    this.#parts.exits.listen(onExit);
  }

  readExit(id: string): ExitRecord | null {
    return readExit(this.#parts.layout, id);
  }

  alive(pid: number, pidStartTime: bigint): boolean {
    return isAlive(pid, pidStartTime);
  }

  async delete(id: string): Promise<void> {
    if (!isContainerId(id)) throw fail("invalid", `${JSON.stringify(id)} is no container id`);
    this.#parts.exits.remove(id);
    this.#hubs.get(id)?.close();
    this.#marks.forget(id);
    await this.#parts.steps.run("remove.runtime-state", () => deleteContainer({ ...this.#parts, id }));
  }

  async known(): Promise<readonly string[]> {
    const { layout } = this.#parts;
    const names = [layout.containers, layout.exits, layout.state].flatMap((folder) => readdirSync(folder));
    const running = findProcesses(layout).map((process) => process.id);
    return [...new Set([...names, ...running])].filter(isContainerId);
  }

  async close(): Promise<void> {
    this.#parts.exits.close();
    this.#parts.orphans.close();
    for (const hub of [...this.#hubs.values()]) hub.close();
    await this.#parts.program?.close();
  }

  #bundle(id: string): { readonly files: BundleFiles; readonly record: BundleRecord } {
    const files = bundleFiles(this.#parts.layout, id);
    const record = isContainerId(id) ? readRecord(files) : null;
    if (record === null) throw fail("conflict", `Container ${id} is not running`);
    return { files, record };
  }
}

/** The program of a container, past the init that Berth put before it. */
function commandOf(spec: RuntimeSpec): string {
  const separator = spec.process.args[1] === "--" ? 2 : 0;
  return spec.process.args[separator] ?? "";
}
