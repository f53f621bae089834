import { AT_FDCWD, type Kernel } from "@berth/linux";
import type { HostConfig, RuntimeResources } from "@berth/spec";
import { fail, messageOf } from "@berth/base";

/** The period that `--cpus` counts in, in microseconds. */
const CPU_PERIOD_US = 100_000;

/** Limits of memory, processors, processes and block devices. What is not limited is left out. */
export function buildResources(hostConfig: HostConfig, kernel: Kernel): RuntimeResources {
  const memory = buildMemory(hostConfig);
  const cpu = buildCpu(hostConfig);
  const blockIO = buildBlockIo(hostConfig, kernel);
  const pids = hostConfig.PidsLimit;
  return {
    ...(Object.keys(memory).length === 0 ? {} : { memory }),
    ...(Object.keys(cpu).length === 0 ? {} : { cpu }),
    ...(pids === null ? {} : { pids: { limit: pids <= 0 ? -1 : pids } }),
    ...(Object.keys(blockIO).length === 0 ? {} : { blockIO }),
  };
}

function buildMemory(hostConfig: HostConfig): NonNullable<RuntimeResources["memory"]> {
  return {
    ...(hostConfig.Memory > 0 ? { limit: hostConfig.Memory } : {}),
    ...(hostConfig.MemoryReservation > 0 ? { reservation: hostConfig.MemoryReservation } : {}),
    // -1 is "as much as it likes"; it makes sense only under a memory limit.
    ...(hostConfig.MemorySwap > 0 || (hostConfig.MemorySwap === -1 && hostConfig.Memory > 0) ? { swap: hostConfig.MemorySwap } : {}),
    ...(hostConfig.MemorySwappiness !== null && hostConfig.MemorySwappiness >= 0 ? { swappiness: hostConfig.MemorySwappiness } : {}),
    ...(hostConfig.OomKillDisable === null ? {} : { disableOOMKiller: hostConfig.OomKillDisable }),
  };
}

function buildCpu(hostConfig: HostConfig): NonNullable<RuntimeResources["cpu"]> {
  if (hostConfig.CpuShares < 0) {
    throw fail("invalid", `invalid CPU shares (${hostConfig.CpuShares}): value must be a positive integer`);
  }
  return {
    ...(hostConfig.CpuShares > 0 ? { shares: hostConfig.CpuShares } : {}),
    ...(hostConfig.CpusetCpus === "" ? {} : { cpus: hostConfig.CpusetCpus }),
    ...(hostConfig.CpusetMems === "" ? {} : { mems: hostConfig.CpusetMems }),
    ...(hostConfig.NanoCpus > 0 ? { period: CPU_PERIOD_US, quota: Math.trunc((hostConfig.NanoCpus / 1e9) * CPU_PERIOD_US) } : {}),
    ...(hostConfig.CpuPeriod === 0 ? {} : { period: hostConfig.CpuPeriod }),
    ...(hostConfig.CpuQuota === 0 ? {} : { quota: hostConfig.CpuQuota }),
    ...(hostConfig.CpuRealtimePeriod === 0 ? {} : { realtimePeriod: hostConfig.CpuRealtimePeriod }),
    ...(hostConfig.CpuRealtimeRuntime === 0 ? {} : { realtimeRuntime: hostConfig.CpuRealtimeRuntime }),
  };
}

function buildBlockIo(hostConfig: HostConfig, kernel: Kernel): NonNullable<RuntimeResources["blockIO"]> {
  const throttled = (list: HostConfig["BlkioDeviceReadBps"]): { major: number; minor: number; rate: number }[] =>
    (list ?? []).map((device) => ({ ...deviceNumber(device.Path, kernel), rate: device.Rate }));
  const weights = (hostConfig.BlkioWeightDevice ?? []).map((device) => ({ ...deviceNumber(device.Path, kernel), weight: device.Weight }));
  const parts = {
    weightDevice: weights,
    throttleReadBpsDevice: throttled(hostConfig.BlkioDeviceReadBps),
    throttleWriteBpsDevice: throttled(hostConfig.BlkioDeviceWriteBps),
    throttleReadIOPSDevice: throttled(hostConfig.BlkioDeviceReadIOps),
    throttleWriteIOPSDevice: throttled(hostConfig.BlkioDeviceWriteIOps),
  };
  return {
    ...(hostConfig.BlkioWeight > 0 ? { weight: hostConfig.BlkioWeight } : {}),
    ...Object.fromEntries(Object.entries(parts).filter(([, list]) => list.length > 0)),
  };
}

function deviceNumber(path: string, kernel: Kernel): { major: number; minor: number } {
  try {
    const stat = kernel.statx(AT_FDCWD, path, 0);
    return { major: stat.rdevMajor, minor: stat.rdevMinor };
  } catch (error) {
    throw fail("invalid", `stat ${path}: ${messageOf(error).split(": ").at(-1) ?? ""}`, error);
  }
}
