import { type CgroupFiles, realCgroupFiles } from "../cgroups/cgroup-files.ts";
import type { Counters, InterfaceCounters } from "./ports.ts";

/** USER_HZ is 100 on every machine that Linux runs on (time(7)). */
const nsPerTick = 10_000_000;

/** The counters of this machine. */
export function openCounters(files: Pick<CgroupFiles, "read"> = realCgroupFiles(), proc = "/proc"): Counters {
  return {
    processors: () => parseProcessors(files.read(`${proc}/stat`) ?? ""),
    oomKills: () => Number(/^oom_kill (\d+)$/m.exec(files.read(`${proc}/vmstat`) ?? "")?.[1] ?? 0),
    interfaces: (pid) => {
      const text = files.read(`${proc}/${pid}/net/dev`);
      return text === null ? null : parseInterfaces(text);
    },
  };
}

/** The first seven times of the line `cpu`, and how many lines there are for single processors. */
export function parseProcessors(text: string): { readonly usageNs: number; readonly online: number } {
  const [total = "", ...others] = text.slice(0, text.indexOf("\nintr")).split("\n");
  const ticks = total.trim().split(/\s+/).slice(1, 8).map(Number);
  return {
    usageNs: ticks.reduce((sum, each) => sum + each, 0) * nsPerTick,
    online: others.filter((line) => /^cpu\d/.test(line)).length,
  };
}

/** proc_pid_net(5): two lines of headings, then one line for each interface. */
export function parseInterfaces(text: string): ReadonlyMap<string, InterfaceCounters> {
  const found = new Map<string, InterfaceCounters>();
  for (const line of text.split("\n").slice(2)) {
    const colon = line.lastIndexOf(":");
    if (colon < 0) continue;
    const [rxBytes = 0, rxPackets = 0, rxErrors = 0, rxDropped = 0, , , , , txBytes = 0, txPackets = 0, txErrors = 0, txDropped = 0] = line
      .slice(colon + 1)
      .trim()
      .split(/\s+/)
      .map(Number);
    found.set(line.slice(0, colon).trim(), { rxBytes, rxPackets, rxErrors, rxDropped, txBytes, txPackets, txErrors, txDropped });
  }
  return found;
}
