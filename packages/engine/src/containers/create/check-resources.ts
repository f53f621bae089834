import { fail } from "@berth/base";
import type { HostConfig } from "@berth/spec";

/** What the host offers to limit. */
export interface HostResources {
  /** Usable cgroup controllers. */
  readonly controllers: readonly string[];
  readonly cgroupV2: boolean;
  /** Whether a disk's time can be shared out by weight; absent: as far as there is a controller for disks. */
  readonly weights?: boolean;
  readonly cpuCount: number;
  /** `0-1`: processors and memory nodes that are online, as the kernel lists them. */
  readonly cpus: string;
  readonly memoryNodes: string;
}

const minMemoryBytes = 6 * 1024 * 1024;
/** The kernel takes others too, but makes these of them (kernel/sched/sched.h). */
const [minShares, maxShares] = [2, 262_144];

/**
 * Checks limits in Docker's order and words; limits that the host cannot set are dropped with a warning. Throws invalid.
 * @param options.update they are to be set beside what a container has
 */
export function checkResources(
  host: HostConfig,
  facts: HostResources,
  options: { readonly update: boolean } = { update: false },
): { readonly host: HostConfig; readonly warnings: readonly string[] } {
  const warnings: string[] = [];
  const next: HostConfig = { ...host };
  const has = (name: string): boolean => facts.controllers.includes(name);
  if (next.Memory === 0 && next.MemorySwap > 0 && !options.update) {
    throw fail("invalid", "You should always set the Memory limit when using Memoryswap limit, see usage");
  }
  checkMemory(next, has("memory"), facts.cgroupV2, warnings);
  if (next.PidsLimit !== null && !has("pids")) {
    if (next.PidsLimit > 0) {
      warnings.push("Your kernel does not support PIDs limit capabilities or the cgroup is not mounted. PIDs limit discarded.");
    }
    next.PidsLimit = null;
  }
  checkCpu(next, has("cpu"), facts.cpuCount, warnings);
  if ((next.CpusetCpus !== "" || next.CpusetMems !== "") && !has("cpuset")) {
    warnings.push("Your kernel does not support cpuset or the cgroup is not mounted. Cpuset discarded.");
    next.CpusetCpus = "";
    next.CpusetMems = "";
  }
  checkSet("cpuset cpus", "CPUs", next.CpusetCpus, facts.cpus);
  checkSet("cpuset mems", "memory nodes", next.CpusetMems, facts.memoryNodes);
  const weights = (has("blkio") || has("io")) && facts.weights !== false;
  if (next.BlkioWeight > 0 && !weights) {
    warnings.push("Your kernel does not support Block I/O weight or the cgroup is not mounted. Weight discarded.");
    next.BlkioWeight = 0;
  }
  if ((next.BlkioWeightDevice ?? []).length > 0 && !weights) {
    warnings.push("Your kernel does not support Block I/O weight_device or the cgroup is not mounted. Weight-device discarded.");
    next.BlkioWeightDevice = [];
  }
  if (next.BlkioWeight > 0 && (next.BlkioWeight < 10 || next.BlkioWeight > 1000)) {
    throw fail("invalid", "Range of blkio weight is from 10 to 1000");
  }
  if (next.IOMaximumBandwidth !== 0 || next.IOMaximumIOps !== 0) {
    throw fail("invalid", "Invalid QoS settings: linux does not support Maximum IO Bandwidth or Maximum IO IOps");
  }
  return { host: next, warnings };
}

function checkMemory(next: HostConfig, memory: boolean, cgroupV2: boolean, warnings: string[]): void {
  if (next.Memory !== 0 && next.Memory < minMemoryBytes) throw fail("invalid", "Minimum memory limit allowed is 6MB");
  if (next.Memory > 0 && !memory) {
    warnings.push("Your kernel does not support memory limit capabilities or the cgroup is not mounted. Limitation discarded.");
    next.Memory = 0;
    next.MemorySwap = -1;
  }
  if (next.Memory > 0 && next.MemorySwap > 0 && next.MemorySwap < next.Memory) {
    throw fail("invalid", "Minimum memoryswap limit should be larger than memory limit, see usage");
  }
  if (next.MemorySwappiness !== null && (cgroupV2 || !memory)) {
    warnings.push("Your kernel does not support memory swappiness capabilities or the cgroup is not mounted. Memory swappiness discarded.");
    next.MemorySwappiness = null;
  }
  if (next.MemorySwappiness !== null && (next.MemorySwappiness < 0 || next.MemorySwappiness > 100)) {
    throw fail("invalid", `Invalid value: ${next.MemorySwappiness}, valid memory swappiness range is 0-100`);
  }
  if (next.MemoryReservation > 0 && !memory) {
    warnings.push("Your kernel does not support memory soft limit capabilities or the cgroup is not mounted. Limitation discarded.");
    next.MemoryReservation = 0;
  }
  if (next.MemoryReservation > 0 && next.MemoryReservation < minMemoryBytes) {
    throw fail("invalid", "Minimum memory reservation allowed is 6MB");
  }
  if (next.Memory > 0 && next.MemoryReservation > 0 && next.Memory < next.MemoryReservation) {
    throw fail("invalid", "Minimum memory limit can not be less than memory reservation limit, see usage");
  }
  if (cgroupV2 || !memory) {
    if (next.OomKillDisable === true) warnings.push("Your kernel does not support OomKillDisable. OomKillDisable discarded.");
    next.OomKillDisable = null;
  }
  if (next.OomKillDisable === true && next.Memory === 0) {
    warnings.push(
      "OOM killer is disabled for the container, but no memory limit is set, this can result in the system running out of resources.",
    );
  }
}

function checkCpu(next: HostConfig, cpu: boolean, cpuCount: number, warnings: string[]): void {
  if (next.NanoCpus > 0 && next.CpuPeriod > 0) throw fail("invalid", "Conflicting options: Nano CPUs and CPU Period cannot both be set");
  if (next.NanoCpus > 0 && next.CpuQuota > 0) throw fail("invalid", "Conflicting options: Nano CPUs and CPU Quota cannot both be set");
  if (next.NanoCpus > 0 && !cpu) {
    throw fail("invalid", "NanoCPUs can not be set, as your kernel does not support CPU CFS scheduler or the cgroup is not mounted");
  }
  if (next.NanoCpus < 0 || next.NanoCpus > cpuCount * 1e9) {
    throw fail("invalid", `Range of CPUs is from 0.01 to ${cpuCount}.00, as there are only ${cpuCount} CPUs available`);
  }
  if (next.CpuShares < 0) throw fail("invalid", `invalid CPU shares (${next.CpuShares}): value must be a positive integer`);
  if (next.CpuShares === 1) throw fail("invalid", `the minimum allowed cpu-shares is ${minShares}`);
  if (next.CpuShares > maxShares) throw fail("invalid", `the maximum allowed cpu-shares is ${maxShares}`);
  if (next.CpuShares > 0 && !cpu) {
    warnings.push("Your kernel does not support CPU shares or the cgroup is not mounted. Shares discarded.");
    next.CpuShares = 0;
  }
  if ((next.CpuPeriod !== 0 || next.CpuQuota !== 0) && !cpu) {
    warnings.push("Your kernel does not support CPU CFS scheduler. CPU period/quota discarded.");
    next.CpuPeriod = 0;
    next.CpuQuota = 0;
  }
  if (next.CpuPeriod !== 0 && (next.CpuPeriod < 1000 || next.CpuPeriod > 1_000_000)) {
    throw fail("invalid", "CPU cfs period can not be less than 1ms (i.e. 1000) or larger than 1s (i.e. 1000000)");
  }
  if (next.CpuQuota > 0 && next.CpuQuota < 1000) throw fail("invalid", "CPU cfs quota can not be less than 1ms (i.e. 1000)");
  if (next.CpuPercent > 0) {
    warnings.push("linux does not support CPU percent. Percent discarded.");
    next.CpuPercent = 0;
  }
}

function checkSet(what: string, noun: string, wanted: string, available: string): void {
  if (wanted === "") return;
  const asked = parseSet(wanted);
  if (asked === null) throw fail("invalid", `Invalid value ${wanted} for ${what}: invalid format: ${wanted}`);
  const there = parseSet(available) ?? new Set();
  for (const number of asked) {
    if (!there.has(number)) throw fail("invalid", `Requested ${noun} are not available - requested ${wanted}, available: ${available}`);
  }
}

/** Numbers of a kernel list such as `0-3,7`; null when it is none. */
export function parseSet(text: string): ReadonlySet<number> | null {
  const found = new Set<number>();
  for (const part of text.trim().split(",")) {
    const match = /^(\d{1,5})(?:-(\d{1,5}))?$/.exec(part.trim());
    if (match === null) return null;
    const first = Number(match[1]);
    const last = Number(match[2] ?? match[1]);
    if (last < first || last > 8192) return null;
    for (let number = first; number <= last; number++) found.add(number);
  }
  return found;
}
