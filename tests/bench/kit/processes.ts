import { readdirSync, readFileSync, readlinkSync } from "node:fs";
import type { Sandbox } from "../../harness/sandbox.ts";

/** A process of an engine's sandbox. */
export interface EngineProcess {
  readonly pid: number;
  /** The program's name; of a containerd shim `containerd-shim`. */
  readonly program: string;
  /** Whether it is inside a container: in a pid namespace of its own. */
  readonly inContainer: boolean;
}

/** Every process that belongs to a sandbox: the daemon, its helpers, and what runs in its containers. The sandbox's own first process is left out. */
export function processesOf(sandbox: Sandbox): readonly EngineProcess[] {
  const namespace = readlinkSync(`/proc/${sandbox.pid}/ns/pid`);
  const all = new Map<number, { readonly parent: number; readonly own: boolean; readonly program: string }>();
  for (const entry of readdirSync("/proc")) {
    if (!/^\d+$/.test(entry)) continue;
    try {
      const own = readlinkSync(`/proc/${entry}/ns/pid`) === namespace;
      all.set(Number(entry), { parent: Number(statFields(Number(entry))[1]), own, program: programOf(entry) });
    } catch {
      // It has ended meanwhile.
    }
  }
  /** Whether a process or one above it is in the sandbox's own namespace. */
  const belongs = (pid: number): boolean => {
    for (let at = all.get(pid), steps = 0; at !== undefined && steps < 100; at = all.get(at.parent), steps++) if (at.own) return true;
    return false;
  };
  return [...all]
    .filter(([pid]) => pid !== sandbox.pid && belongs(pid))
    .map(([pid, { own, program }]) => ({ pid, program, inContainer: !own }));
}

/** Proportional set size in MB, summed by the program's name; containers' own programs are `(containers)`. */
export function pssMegabytes(sandbox: Sandbox): Readonly<Record<string, number>> {
  const sums: Record<string, number> = {};
  for (const { pid, program, inContainer } of processesOf(sandbox)) {
    // The sandbox's first process keeps a `sleep` of its own.
    if (!inContainer && program === "sleep") continue;
    const name = inContainer ? "(containers)" : program;
    sums[name] = (sums[name] ?? 0) + pssOf(pid);
  }
  return sums;
}

/** All of {@link pssMegabytes} together. */
export function totalPssMegabytes(sandbox: Sandbox): number {
  return Object.values(pssMegabytes(sandbox)).reduce((sum, each) => sum + each, 0);
}

/** MemAvailable of /proc/meminfo. */
export function availableMegabytes(): number {
  return Number(/^MemAvailable:\s+(\d+) kB/m.exec(readFileSync("/proc/meminfo", "utf8"))?.[1] ?? "0") / 1024;
}

/** Open descriptors and threads of a process. */
export function sizesOf(pid: number): { readonly descriptors: number; readonly threads: number } {
  return { descriptors: readdirSync(`/proc/${pid}/fd`).length, threads: readdirSync(`/proc/${pid}/task`).length };
}

/** Seconds of processor time that a process has used (user and system, proc(5)). */
export function processorSeconds(pid: number): number {
  const fields = statFields(pid);
  return (Number(fields[11]) + Number(fields[12])) / 100;
}

/**
 * Seconds of processor time that an engine has used: its daemon and helpers, not what runs in containers. Helpers that have ended count
 * through the process that waited for them, at the latest the sandbox's first one.
 */
export function engineProcessorSeconds(sandbox: Sandbox): number {
  const pids = [
    sandbox.pid,
    ...processesOf(sandbox)
      .filter(({ inContainer }) => !inContainer)
      .map(({ pid }) => pid),
  ];
  return pids.reduce((sum, pid) => {
    try {
      const fields = statFields(pid);
      return sum + [11, 12, 13, 14].reduce((ticks, at) => ticks + Number(fields[at]), 0) / 100;
    } catch {
      return sum; // ended meanwhile
    }
  }, 0);
}

/** The fields of /proc/PID/stat from the third on (proc(5)): state, parent, ... */
function statFields(pid: number): readonly string[] {
  const text = readFileSync(`/proc/${pid}/stat`, "utf8");
  return text.slice(text.lastIndexOf(")") + 2).split(" ");
}

function programOf(pid: string): string {
  const command = readFileSync(`/proc/${pid}/cmdline`, "utf8").split("\0")[0] ?? "";
  const base = command.slice(command.lastIndexOf("/") + 1);
  return base.startsWith("containerd-shim") ? "containerd-shim" : base;
}

function pssOf(pid: number): number {
  try {
    return Number(/^Pss:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/smaps_rollup`, "utf8"))?.[1] ?? "0") / 1024;
  } catch {
    return 0; // ended meanwhile
  }
}
