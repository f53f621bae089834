import type { CgroupLimits } from "../../ports.ts";
import { type LimitWrite, usualPeriodUs, usualShares, usualWeight, writeOf } from "./plan.ts";

/** What decides on the order of writes. */
export interface PresentV1 {
  /** memory.memsw.limit_in_bytes as it is now. */
  readonly memorySwapBytes: number;
  /** cpu.cfs_quota_us as it is now. */
  readonly cpuQuotaUs: number;
}

/** The writes that bring limits about in v1 (cgroup-v1/*.rst), in an order in which the kernel takes them. */
export function planV1(limits: CgroupLimits, present: PresentV1): LimitWrite[] {
  const { cpuShares, cpuRealtimePeriodUs, cpuRealtimeRuntimeUs, cpus, mems, pids, blkioWeight } = limits;
  const writes = [...planMemory(limits, present.memorySwapBytes), ...planQuota(limits, present.cpuQuotaUs)];
  if (cpuShares !== undefined) writes.push(writeOf("cpu", "cpu.shares", cpuShares || usualShares, { usual: cpuShares === 0 }));
  if (cpuRealtimePeriodUs !== undefined) writes.push(writeOf("cpu", "cpu.rt_period_us", cpuRealtimePeriodUs, { usual: false }));
  if (cpuRealtimeRuntimeUs !== undefined) writes.push(writeOf("cpu", "cpu.rt_runtime_us", cpuRealtimeRuntimeUs, { usual: false }));
  if (cpus !== undefined) writes.push(writeOf("cpuset", "cpuset.cpus", cpus || null, { usual: cpus === "" }));
  if (mems !== undefined) writes.push(writeOf("cpuset", "cpuset.mems", mems || null, { usual: mems === "" }));
  if (pids !== undefined) writes.push(writeOf("pids", "pids.max", pids < 0 ? "max" : pids, { usual: pids < 0 }));
  if (blkioWeight !== undefined) {
    const text = String(blkioWeight || usualWeight);
    writes.push({
      controller: "blkio",
      into: ["blkio.weight", "blkio.bfq.weight"].map((file) => ({ file, text })),
      usual: blkioWeight === 0,
    });
  }
  return writes;
}

/** At no time may the limit of memory be above that of memory and swap (memory.rst, 2.4). */
function planMemory({ memoryBytes, memorySwapBytes = 0, memoryReservationBytes }: CgroupLimits, presentSwapBytes: number): LimitWrite[] {
  const write = (file: string, value: number): LimitWrite => writeOf("memory", `memory.${file}limit_in_bytes`, value, { usual: value < 0 });
  const memory = memoryBytes === undefined ? [] : [write("", memoryBytes)];
  const swap = memorySwapBytes === 0 ? [] : [write("memsw.", memorySwapBytes)];
  const swapFirst = memorySwapBytes < 0 || memorySwapBytes > presentSwapBytes;
  const reservation = memoryReservationBytes === undefined ? [] : [write("soft_", memoryReservationBytes)];
  return [...(swapFirst ? [...swap, ...memory] : [...memory, ...swap]), ...reservation];
}

/** A quota may not be above what the parent's period gives, so a present one is lifted before the period changes. */
function planQuota({ cpuPeriodUs, cpuQuotaUs }: CgroupLimits, presentQuotaUs: number): LimitWrite[] {
  const quota = (value: number): LimitWrite => writeOf("cpu", "cpu.cfs_quota_us", value, { usual: value < 0 });
  const period =
    cpuPeriodUs === undefined ? [] : [writeOf("cpu", "cpu.cfs_period_us", cpuPeriodUs || usualPeriodUs, { usual: cpuPeriodUs === 0 })];
  if (cpuQuotaUs === undefined) return period;
  return presentQuotaUs > 0 && period.length > 0 ? [quota(-1), ...period, quota(cpuQuotaUs)] : [...period, quota(cpuQuotaUs)];
}
