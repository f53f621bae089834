import { mkdirSync, readdirSync } from "node:fs";
import path from "node:path";
import { type Clock, fail, type Logger, type Steps } from "@berth/base";
import { type Blocking, CAP_SYS_RESOURCE, type Cgroups, compileSeccomp, type Kernel } from "@berth/linux";
import { findProcess } from "./conmon/spawn.ts";
import { readRecord } from "./conmon/record.ts";
import { ContainerRuntime } from "./container-runtime.ts";
import { ExitWatcher } from "./exits/watcher.ts";
import { bundleFiles, isContainerId, layoutOf } from "./layout.ts";
import { findProgram, findRuntimes } from "./oci/find.ts";
import { ProtectedProgram } from "./oci/protected-program.ts";
import { type CompileSeccomp, SeccompFilters } from "./oci/seccomp-filters.ts";
import { sweepScratch } from "./oci/scratch.ts";
import { OrphanReaper } from "./orphan-reaper.ts";
import type { Runtime } from "./ports.ts";
import { removeFolderSync } from "./remove-folder.ts";
import { defaultQueueLimits, type QueueLimits } from "./streams/output-queue.ts";

/** What {@link openRuntime} needs. */
export interface RuntimeOptions {
  readonly execRoot: string;
  readonly kernel: Kernel;
  readonly blocking: Blocking;
  readonly cgroups: Cgroups;
  readonly log: Logger;
  readonly steps: Steps;
  readonly clock: Clock;
  /** Further runtimes by name: name → path or program. */
  readonly runtimes?: Readonly<Record<string, string>>;
  /** null or absent: crun, or runc where crun cannot run. */
  readonly defaultRuntime?: string | null;
  /** Compiles seccomp filters for crun; null leaves it to crun, at each start. */
  readonly compileSeccomp?: CompileSeccomp | null;
  /** The cgroup of the monitors, beside those of the containers. */
  readonly monitorCgroup?: string;
  readonly queueLimits?: QueueLimits;
}

/**
 * Opens the runtime on an exec root, and takes over the containers that run there.
 * @throws not-found when conmon or an OCI runtime is missing
 */
export async function openRuntime(options: RuntimeOptions): Promise<Runtime> {
  const { blocking, cgroups, kernel, log } = options;
  const layout = layoutOf(options.execRoot);
  for (const folder of [layout.execRoot, layout.containers, layout.exits, layout.state, layout.execs, layout.scratch])
    mkdirSync(folder, { recursive: true, mode: 0o700 });
  // What was starting when the last daemon was killed has no use for it any more.
  await sweepScratch(layout, blocking);
  for (const name of readdirSync(layout.execs)) removeFolderSync(path.join(layout.execs, name));
  const conmon = await findProgram("conmon");
  if (conmon === null) throw fail("not-found", "conmon is not installed; containers cannot be run without it");
  const found = await findRuntimes({ configured: options.runtimes ?? {}, wanted: options.defaultRuntime ?? null, cgroups, log });
  const warnings = [...found.warnings];
  if (!kernel.hasCapability(CAP_SYS_RESOURCE)) {
    warnings.push("the daemon lacks CAP_SYS_RESOURCE: resource limits and OOM scores beyond its own are lowered to its own");
  }
  for (const warning of warnings) log.warn("the runtime is limited", { warning });
  const monitorCgroup = options.monitorCgroup ?? "/berth/monitors";
  cgroups.create(monitorCgroup);
  const exits = new ExitWatcher({ layout, kernel, cgroups, log });
  for (const id of readdirSync(layout.containers).filter(isContainerId)) {
    const files = bundleFiles(layout, id);
    const record = readRecord(files);
    const process = findProcess(files);
    if (record !== null && process !== null) exits.add(id, process, record.cgroupPath);
  }
  const program = await ProtectedProgram.open({
    blocking,
    layout,
    steps: options.steps,
    log,
    program: found.runtimes["crun"]?.path ?? null,
  });
  return new ContainerRuntime({
    kernel,
    blocking,
    cgroups,
    log,
    steps: options.steps,
    layout,
    conmon,
    found: { ...found, warnings },
    program,
    filters: options.compileSeccomp === null ? null : new SeccompFilters(options.compileSeccomp ?? compileSeccomp),
    exits,
    orphans: new OrphanReaper({ kernel, log }),
    monitorCgroup,
    queueLimits: options.queueLimits ?? defaultQueueLimits,
  });
}
