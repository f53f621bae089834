import type { CgroupLimits } from "@berth/linux";
import type { HostConfig } from "@berth/spec";

const periodUs = 100_000;

/** What the kernel has to be told when a container's configuration changes. */
export function changedLimits(before: HostConfig, after: HostConfig): CgroupLimits {
  const changed = (...keys: readonly (keyof HostConfig)[]): boolean => keys.some((key) => before[key] !== after[key]);
  return {
    ...(changed("Memory", "MemorySwap") ? memoryOf(after) : {}),
    ...(changed("MemoryReservation") ? { memoryReservationBytes: after.MemoryReservation || -1 } : {}),
    ...(changed("CpuShares") ? { cpuShares: after.CpuShares } : {}),
    ...(changed("NanoCpus", "CpuQuota", "CpuPeriod") ? quotaOf(after) : {}),
    ...(changed("CpuRealtimePeriod") ? { cpuRealtimePeriodUs: after.CpuRealtimePeriod } : {}),
    ...(changed("CpuRealtimeRuntime") ? { cpuRealtimeRuntimeUs: after.CpuRealtimeRuntime } : {}),
    ...(changed("CpusetCpus") ? { cpus: after.CpusetCpus } : {}),
    ...(changed("CpusetMems") ? { mems: after.CpusetMems } : {}),
    ...(changed("PidsLimit") ? { pids: pidsOf(after) } : {}),
    ...(changed("BlkioWeight") ? { blkioWeight: after.BlkioWeight } : {}),
  };
}

/** All limits that can be changed, those that nobody set as well. */
export function allLimits(host: HostConfig): CgroupLimits {
  const { CpuRealtimePeriod: period, CpuRealtimeRuntime: runtime } = host;
  return {
    ...memoryOf(host),
    memoryReservationBytes: host.MemoryReservation || -1,
    cpuShares: host.CpuShares,
    ...quotaOf(host),
    ...(period === 0 ? {} : { cpuRealtimePeriodUs: period }),
    ...(runtime === 0 ? {} : { cpuRealtimeRuntimeUs: runtime }),
    cpus: host.CpusetCpus,
    mems: host.CpusetMems,
    pids: pidsOf(host),
    blkioWeight: host.BlkioWeight,
  };
}

function memoryOf({ Memory, MemorySwap }: HostConfig): CgroupLimits {
  const memoryBytes = Memory > 0 ? Memory : -1;
  return { memoryBytes, memorySwapBytes: MemorySwap === 0 ? -1 : MemorySwap };
}

function quotaOf({ NanoCpus, CpuQuota, CpuPeriod }: HostConfig): CgroupLimits {
  if (NanoCpus > 0) return { cpuQuotaUs: Math.trunc((NanoCpus / 1e9) * periodUs), cpuPeriodUs: periodUs };
  return { cpuQuotaUs: CpuQuota > 0 ? CpuQuota : -1, cpuPeriodUs: CpuPeriod };
}

function pidsOf({ PidsLimit }: HostConfig): number {
  return PidsLimit === null || PidsLimit <= 0 ? -1 : PidsLimit;
}
