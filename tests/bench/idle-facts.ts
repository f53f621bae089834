import { readdirSync, readFileSync, readlinkSync } from "node:fs";
import type { Sandbox } from "../harness/sandbox.ts";

/** What an engine with idle containers takes of the machine. */
export interface IdleFacts {
  /** Proportional set size in MB by the program's name; containers' own programs are `(containers)`. */
  readonly pssMegabytes: Readonly<Record<string, number>>;
  readonly processes: number;
  readonly availableMegabytes: number;
}

const engineNames: ReadonlySet<string> = new Set(["berth", "conmon", "dockerd", "containerd", "containerd-shim", "docker-proxy"]);

/** Looks at every process that belongs to a sandbox's engine or its containers. */
export function idleFacts(sandbox: Sandbox): IdleFacts {
  const namespace = readlinkSync(`/proc/${sandbox.pid}/ns/pid`);
  const pss: Record<string, number> = {};
  let processes = 0;
  for (const entry of readdirSync("/proc")) {
    if (!/^\d+$/.test(entry) || Number(entry) === sandbox.pid) continue;
    try {
      const own = readlinkSync(`/proc/${entry}/ns/pid`) === namespace;
      if (!own && !readFileSync(`/proc/${entry}/cgroup`, "utf8").includes(`${sandbox.cgroupParent}/`)) continue;
      const name = programOf(entry);
      const group = own && engineNames.has(name) ? name : "(containers)";
      pss[group] = (pss[group] ?? 0) + pssMegabytes(entry);
      processes++;
    } catch {
      // It has ended meanwhile.
    }
  }
  return { pssMegabytes: pss, processes, availableMegabytes: availableMegabytes() };
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
  const text = readFileSync(`/proc/${pid}/stat`, "utf8");
  const fields = text.slice(text.lastIndexOf(")") + 2).split(" ");
  return (Number(fields[11]) + Number(fields[12])) / 100;
}

function programOf(pid: string): string {
  const command = readFileSync(`/proc/${pid}/cmdline`, "utf8").split("\0")[0] ?? "";
  const base = command.slice(command.lastIndexOf("/") + 1);
  return base.startsWith("containerd-shim") ? "containerd-shim" : base;
}

function pssMegabytes(pid: string): number {
  return Number(/^Pss:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/smaps_rollup`, "utf8"))?.[1] ?? "0") / 1024;
}
