import type { Logger } from "@berth/base";
import type { Blocking, Cgroups, Kernel } from "../ports.ts";
import { type CgroupFiles, realCgroupFiles } from "./cgroup-files.ts";
import { completeHybrid } from "./complete-hybrid.ts";
import { createCgroup, enterCgroup } from "./create-cgroup.ts";
import { findTrees } from "./find-trees.ts";
import { freezeCgroup } from "./freeze-cgroup.ts";
import type { CgroupHost } from "./host.ts";
import { killCgroup } from "./kill-cgroup.ts";
import { setLimits } from "./limits/set-limits.ts";
import { listProcesses, pathsOf } from "./list-processes.ts";
import { createMark, enterBesideMarks, enterMark, removeMark } from "./mark-cgroup.ts";
import { offers } from "./offers.ts";
import { KeptFiles } from "./sample/kept-files.ts";
import { readyMoves } from "./ready-moves.ts";
import { openSampler } from "./sample/sample-cgroup.ts";
import { readUsage } from "./read-usage.ts";
import { removeCgroup } from "./remove-cgroup.ts";

/** What {@link openCgroups} needs. */
export interface CgroupOptions {
  readonly kernel: Pick<Kernel, "pidfdOpen" | "pidfdSendSignal" | "close">;
  readonly blocking: Pick<Blocking, "mount" | "writeControl">;
  readonly log: Logger;
  /** Other files than the machine's, for tests. */
  readonly files?: CgroupFiles;
  /** Where /proc is. */
  readonly proc?: string;
  /** How many files samplers may keep open. */
  readonly keptFiles?: number;
}

/** The kernel stays ready for about 15 ms at the least, and with each move for as long again. */
const readyMs = 4;

/**
 * The control groups of this machine, as mounted now.
 * @throws BerthError unavailable when none are mounted
 */
export function openCgroups({ kernel, blocking, log, files = realCgroupFiles(), proc = "/proc", keptFiles = 256 }: CgroupOptions): Cgroups {
  const find = () => findTrees(files.read(`${proc}/self/mountinfo`) ?? "");
  let mounted = find();
  const host: CgroupHost = { files, kernel, log, proc, mounted: () => mounted };
  let ready: Promise<void> | null = null;
  let readyUntilMs = 0;
  const kept = new KeptFiles(files, keptFiles);
  return {
    version: mounted.version,
    get controllers() {
      return controllersOf(host);
    },
    completeHybrid: async () => {
      const names = await completeHybrid(host, blocking);
      if (names.length > 0) mounted = find();
      return names;
    },
    readyMoves: () => {
      if (performance.now() < readyUntilMs) return Promise.resolve();
      ready ??= readyMoves(host).finally(() => {
        ready = null;
        readyUntilMs = performance.now() + readyMs;
      });
      return ready;
    },
    create: (path) => createCgroup(host, path),
    enter: (path, pid) => enterCgroup(host, path, pid),
    createMark: (path) => createMark(host, path),
    enterMark: (path, pid) => enterMark(host, path, pid),
    enterBesideMarks: (path, pid) => enterBesideMarks(host, path, pid),
    removeMark: (path) => removeMark(host, path),
    processes: (path) => listProcesses(host, path),
    pathsOf: (pid) => pathsOf(host, pid),
    freeze: (path, on) => freezeCgroup(host, path, on),
    kill: (path) => killCgroup(host, path),
    remove: (path) => removeCgroup(host, path),
    offers: (controller, names) => offers(host, controller, names),
    sampler: (path) => openSampler(host, kept, path),
    limit: (path, limits) => setLimits({ host, blocking, path, limits }),
    usage: (path) => readUsage(host, path),
  };
}

function controllersOf({ files, mounted }: CgroupHost): readonly string[] {
  const names = mounted().trees.flatMap((tree) =>
    tree.version === 1
      ? tree.controllers.filter((name) => !name.startsWith("name="))
      : (files.read(`${tree.mountPoint}/cgroup.controllers`) ?? "").split(/\s+/).filter((name) => name !== ""),
  );
  return [...new Set(names)].sort();
}
