import type { BlockCount, CgroupSample, CgroupSampler } from "../../counters/ports.ts";
import type { KeptFile } from "../cgroup-files.ts";
import { type CgroupHost, checkPath, folderOf, treeOf } from "../host.ts";
import type { KeptFiles } from "./kept-files.ts";

/** cpuacct.stat counts in USER_HZ, which is 100. */
const nsPerTick = 10_000_000;

/** Reads one cgroup in each of its trees. */
export function openSampler(host: CgroupHost, kept: KeptFiles, path: string): CgroupSampler {
  checkPath(path);
  const open: KeptFile[] = [];
  const reader = (controller: string, names: readonly string[]): { readonly version: 1 | 2; readonly read: Reader } | null => {
    const tree = treeOf(host, controller);
    if (tree === null) return null;
    const files = new Map(names.map((name) => [name, kept.file(`${folderOf(tree, path)}/${name}`)]));
    open.push(...files.values());
    return { version: tree.version, read: (name) => files.get(name)?.read() ?? null };
  };
  const cpuTime = reader("cpuacct", ["cpuacct.usage_percpu", "cpuacct.stat", "cpu.stat"]);
  const throttling = reader("cpu", ["cpu.stat"]);
  const memory = reader("memory", [...memoryV1, ...memoryV2]);
  const pids = reader("pids", ["pids.current", "pids.max"]);
  const blockIo = reader("blkio", ["blkio.throttle.io_service_bytes", "blkio.throttle.io_serviced", "io.stat"]);
  return {
    sample: () => {
      const sample: CgroupSample = {
        cpu: cpuTime === null ? null : cpuOf(cpuTime, throttling?.read("cpu.stat") ?? ""),
        memory: memory === null ? null : memory.version === 1 ? memoryOfV1(memory.read) : memoryOfV2(memory.read),
        pids: pids === null ? null : pidsOf(pids.version, pids.read),
        blockIo: blockIo === null ? null : blockIo.version === 1 ? blockIoOfV1(blockIo.read) : blockIoOfV2(blockIo.read),
      };
      return Object.values(sample).some((part) => part !== null) ? sample : null;
    },
    close: () => {
      for (const file of open) file.close();
    },
  };
}

type Reader = (name: string) => string | null;

const memoryV1 = ["usage_in_bytes", "max_usage_in_bytes", "limit_in_bytes", "failcnt"].map((name) => `memory.${name}`);
const memoryV2 = ["current", "max", "events", "stat"].map((name) => `memory.${name}`);

function cpuOf({ version, read }: { readonly version: 1 | 2; readonly read: Reader }, throttling: string): CgroupSample["cpu"] {
  const limits = keyed(throttling);
  const number = (map: ReadonlyMap<string, string>, name: string): number => Number(map.get(name) ?? 0);
  const counts = { periods: number(limits, "nr_periods"), throttledPeriods: number(limits, "nr_throttled") };
  if (version === 2) {
    const text = read("cpu.stat");
    if (text === null) return null;
    const times = keyed(text);
    return {
      usageNs: number(times, "usage_usec") * 1000,
      userNs: number(times, "user_usec") * 1000,
      kernelNs: number(times, "system_usec") * 1000,
      perCpuNs: null,
      ...counts,
      throttledNs: number(limits, "throttled_usec") * 1000,
    };
  }
  const each = read("cpuacct.usage_percpu");
  if (each === null) return null;
  const perCpuNs = each.trim().split(/\s+/).map(Number);
  const times = keyed(read("cpuacct.stat") ?? "");
  return {
    usageNs: perCpuNs.reduce((sum, time) => sum + time, 0),
    userNs: number(times, "user") * nsPerTick,
    kernelNs: number(times, "system") * nsPerTick,
    perCpuNs,
    ...counts,
    throttledNs: number(limits, "throttled_time") || number(limits, "throttled_usec") * 1000,
  };
}

function memoryOfV1(read: Reader): CgroupSample["memory"] {
  const usage = read("memory.usage_in_bytes");
  if (usage === null) return null;
  return {
    version: 1,
    usageBytes: Number(usage),
    maxUsageBytes: Number(read("memory.max_usage_in_bytes") ?? 0),
    limitBytes: Number(read("memory.limit_in_bytes") ?? Number.POSITIVE_INFINITY),
    failures: Number(read("memory.failcnt") ?? 0),
    stat: keyed(read("memory.stat") ?? ""),
  };
}

function memoryOfV2(read: Reader): CgroupSample["memory"] {
  const usage = read("memory.current");
  if (usage === null) return null;
  return {
    version: 2,
    usageBytes: Number(usage),
    maxUsageBytes: null,
    limitBytes: limitOf(read("memory.max")),
    failures: Number(keyed(read("memory.events") ?? "").get("oom") ?? 0),
    stat: keyed(read("memory.stat") ?? ""),
  };
}

function pidsOf(version: 1 | 2, read: Reader): CgroupSample["pids"] {
  const current = read("pids.current");
  return current === null ? null : { version, current: Number(current), limit: limitOf(read("pids.max")) };
}

function blockIoOfV1(read: Reader): CgroupSample["blockIo"] {
  const bytes = read("blkio.throttle.io_service_bytes");
  if (bytes === null) return null;
  return { version: 1, bytes: blockLines(bytes), operations: blockLines(read("blkio.throttle.io_serviced") ?? "") };
}

/** `254:0 Read 12`; the last line, `Total 12`, is of all devices. */
function blockLines(text: string): BlockCount[] {
  return text.split("\n").flatMap((line) => {
    const match = /^(\d+):(\d+) (\w+) (\d+)$/.exec(line);
    return match === null ? [] : [{ major: Number(match[1]), minor: Number(match[2]), op: match[3] ?? "", value: Number(match[4]) }];
  });
}

/** `254:0 rbytes=12 wbytes=0 rios=1 …` */
function blockIoOfV2(read: Reader): CgroupSample["blockIo"] {
  const text = read("io.stat");
  if (text === null) return null;
  const bytes = text.split("\n").flatMap((line): BlockCount[] => {
    const match = /^(\d+):(\d+) (?:.* )?rbytes=(\d+) wbytes=(\d+)/.exec(line);
    if (match === null) return [];
    const device = { major: Number(match[1]), minor: Number(match[2]) };
    return [
      { ...device, op: "read", value: Number(match[3]) },
      { ...device, op: "write", value: Number(match[4]) },
    ];
  });
  return { version: 2, bytes, operations: [] };
}

/** `max`, or a number. */
function limitOf(text: string | null): number {
  const limit = text === null ? Number.NaN : Number(text);
  return Number.isNaN(limit) ? Number.POSITIVE_INFINITY : limit;
}

/** `name number` lines. */
function keyed(text: string): ReadonlyMap<string, string> {
  const found = new Map<string, string>();
  for (let start = 0; start < text.length; ) {
    const end = text.indexOf("\n", start);
    const stop = end < 0 ? text.length : end;
    const space = text.indexOf(" ", start);
    if (space > start && space < stop) found.set(text.slice(start, space), text.slice(space + 1, stop));
    start = stop + 1;
  }
  return found;
}
