import type { CgroupLimits } from "../../ports.ts";
import { type LimitWrite, usualPeriodUs, usualShares, usualWeight, writeOf } from "./plan.ts";

/** What a limit of half a file has to know of the other half. */
export interface PresentV2 {
  /** cpu.max as it is now. */
  readonly cpuMax: string;
}

/** The writes that bring limits about in v2 (cgroup-v2.rst), with the numbers that crun makes of v1's. */
export function planV2(limits: CgroupLimits, present: PresentV2): LimitWrite[] {
  const writes: LimitWrite[] = [];
  const { memoryBytes, memorySwapBytes = 0, memoryReservationBytes, cpuShares, cpus, mems, pids, blkioWeight } = limits;
  if (memoryBytes !== undefined) writes.push(writeOf("memory", "memory.max", limitOf(memoryBytes), { usual: memoryBytes < 0 }));
  if (memorySwapBytes !== 0) {
    const swapBytes = memorySwapBytes < 0 ? -1 : Math.max(0, memorySwapBytes - Math.max(0, memoryBytes ?? 0));
    // Without swap in the kernel there is no file, and nothing to limit.
    writes.push(writeOf("memory", "memory.swap.max", limitOf(swapBytes), { usual: true }));
  }
  if (memoryReservationBytes !== undefined) {
    writes.push(writeOf("memory", "memory.low", Math.max(0, memoryReservationBytes), { usual: memoryReservationBytes < 0 }));
  }
  if (limits.cpuQuotaUs !== undefined || limits.cpuPeriodUs !== undefined) writes.push(quotaOf(limits, present));
  // v2 has no such limits: whoever sets one is told that the file is missing.
  const { cpuRealtimePeriodUs: realtimePeriodUs, cpuRealtimeRuntimeUs: realtimeRuntimeUs } = limits;
  if (realtimePeriodUs !== undefined) writes.push(writeOf("cpu", "cpu.rt_period_us", realtimePeriodUs, { usual: realtimePeriodUs === 0 }));
  if (realtimeRuntimeUs !== undefined)
    writes.push(writeOf("cpu", "cpu.rt_runtime_us", realtimeRuntimeUs, { usual: realtimeRuntimeUs === 0 }));
  if (cpuShares !== undefined) {
    writes.push(writeOf("cpu", "cpu.weight", weightOfShares(cpuShares || usualShares), { usual: cpuShares === 0 }));
  }
  // An empty line is all that the parent has.
  if (cpus !== undefined) writes.push(writeOf("cpuset", "cpuset.cpus", cpus, { usual: cpus === "" }));
  if (mems !== undefined) writes.push(writeOf("cpuset", "cpuset.mems", mems, { usual: mems === "" }));
  if (pids !== undefined) writes.push(writeOf("pids", "pids.max", limitOf(pids), { usual: pids < 0 }));
  if (blkioWeight !== undefined) {
    const weight = blkioWeight || usualWeight;
    writes.push({
      controller: "blkio",
      into: [
        { file: "io.bfq.weight", text: `default ${weight}` },
        { file: "io.weight", text: `default ${1 + Math.trunc(((weight - 10) * 9999) / 990)}` },
      ],
      usual: blkioWeight === 0,
    });
  }
  return writes;
}

function quotaOf({ cpuQuotaUs, cpuPeriodUs }: CgroupLimits, { cpuMax }: PresentV2): LimitWrite {
  const [presentQuota = "max", presentPeriod = String(usualPeriodUs)] = cpuMax.trim().split(" ");
  const quota = cpuQuotaUs === undefined ? presentQuota : limitOf(cpuQuotaUs);
  const period = cpuPeriodUs === undefined ? presentPeriod : String(cpuPeriodUs || usualPeriodUs);
  return writeOf("cpu", "cpu.max", `${quota} ${period}`, { usual: quota === "max" });
}

/** 2 to 262144 shares are a weight of 1 to 10000. */
export function weightOfShares(shares: number): number {
  return 1 + Math.trunc(((Math.min(Math.max(shares, 2), 262_144) - 2) * 9999) / 262_142);
}

function limitOf(value: number): string {
  return value < 0 ? "max" : String(value);
}
