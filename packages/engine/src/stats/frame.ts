import type { BlockCount, CgroupSample, InterfaceCounters } from "@berth/linux";
import type { BlkioEntry, Count, CpuStats, InterfaceStats, StatsFrame } from "@berth/spec";
import { zeroTime } from "../containers/time.ts";

/** All that one look at a running container found. */
export interface StatsSample {
  /** RFC 3339. */
  readonly read: string;
  /** performance.now() of the look. */
  readonly atMs: number;
  readonly cgroup: CgroupSample;
  readonly system: { readonly usageNs: number; readonly online: number };
  /** Null where the container has no network of its own. */
  readonly interfaces: ReadonlyMap<string, InterfaceCounters> | null;
  readonly hostMemoryBytes: number;
}

const noUsage = { total_usage: 0, usage_in_kernelmode: 0, usage_in_usermode: 0 };
const noThrottling = { periods: 0, throttled_periods: 0, throttled_time: 0 };
const noCpu: CpuStats = { cpu_usage: noUsage, throttling_data: noThrottling };

/** What of memory.stat Docker shows: v1 each of them for the cgroup alone and, as `total_`, with those below. */
const memoryV1 =
  "cache rss rss_huge mapped_file dirty writeback pgpgin pgpgout pgfault pgmajfault inactive_anon active_anon inactive_file active_file unevictable".split(
    " ",
  );
const memoryKeysV1 = [
  ...memoryV1,
  ...memoryV1.map((name) => `total_${name}`),
  "hierarchical_memory_limit",
  "hierarchical_memsw_limit",
].sort();
const memoryKeysV2 =
  "active_anon active_file anon anon_thp file file_dirty file_mapped file_writeback inactive_anon inactive_file kernel_stack pgactivate pgdeactivate pgfault pglazyfree pglazyfreed pgmajfault pgrefill pgscan pgsteal shmem slab slab_reclaimable slab_unreclaimable sock thp_collapse_alloc thp_fault_alloc unevictable workingset_activate workingset_nodereclaim workingset_refault".split(
    " ",
  );

/** What is shown of one that does not run. */
export function emptyFrame(id: string, name: string): StatsFrame {
  return {
    read: zeroTime,
    preread: zeroTime,
    pids_stats: {},
    blkio_stats: blockStats(null, null, null),
    num_procs: 0,
    storage_stats: {},
    cpu_stats: noCpu,
    precpu_stats: noCpu,
    memory_stats: {},
    name: `/${name}`,
    id,
  };
}

/** A sample in Docker's form, with what was sent before it. */
export function frameOf(
  container: { readonly id: string; readonly name: string },
  sample: StatsSample,
  previous: StatsSample | null,
): StatsFrame {
  const { cgroup, interfaces } = sample;
  return {
    read: sample.read,
    preread: previous?.read ?? zeroTime,
    pids_stats: pidsOf(cgroup.pids),
    blkio_stats: blockOf(cgroup.blockIo),
    num_procs: 0,
    storage_stats: {},
    cpu_stats: cpuOf(sample),
    precpu_stats: previous === null ? noCpu : cpuOf(previous),
    memory_stats: memoryOf(sample),
    name: `/${container.name}`,
    id: container.id,
    ...(interfaces === null ? {} : { networks: networksOf(interfaces) }),
  };
}

function cpuOf({ cgroup: { cpu }, system }: StatsSample): CpuStats {
  const machine = { system_cpu_usage: system.usageNs, online_cpus: system.online };
  if (cpu === null) return { cpu_usage: noUsage, ...machine, throttling_data: noThrottling };
  return {
    cpu_usage: {
      total_usage: cpu.usageNs,
      ...(cpu.perCpuNs === null ? {} : { percpu_usage: cpu.perCpuNs }),
      usage_in_kernelmode: cpu.kernelNs,
      usage_in_usermode: cpu.userNs,
    },
    ...machine,
    throttling_data: { periods: cpu.periods, throttled_periods: cpu.throttledPeriods, throttled_time: cpu.throttledNs },
  };
}

function memoryOf({ cgroup: { memory }, hostMemoryBytes }: StatsSample): StatsFrame["memory_stats"] {
  if (memory === null) return {};
  const keys = memory.version === 1 ? memoryKeysV1 : memoryKeysV2;
  return {
    ...nonZero("usage", memory.usageBytes),
    ...nonZero("max_usage", memory.maxUsageBytes ?? 0),
    stats: Object.fromEntries(keys.map((key) => [key, countOf(memory.stat.get(key))])),
    ...nonZero("failcnt", memory.failures),
    // Without a limit of its own it may use all that the machine has.
    ...nonZero("limit", Math.min(memory.limitBytes, hostMemoryBytes)),
  };
}

/** No limit is left out in v1 and the largest number in v2: so it is in containerd, and so clients know it. */
function pidsOf(pids: CgroupSample["pids"]): StatsFrame["pids_stats"] {
  if (pids === null) return {};
  const limit = Number.isFinite(pids.limit) ? pids.limit : pids.version === 2 ? 2n ** 64n - 1n : 0;
  return { ...nonZero("current", pids.current), ...(limit === 0 ? {} : { limit }) };
}

function blockOf(blockIo: CgroupSample["blockIo"]): StatsFrame["blkio_stats"] {
  if (blockIo === null) return blockStats(null, null, null);
  if (blockIo.version === 2) return blockStats(blockIo.bytes.length === 0 ? null : entriesOf(blockIo.bytes), null, null);
  return blockStats(entriesOf(blockIo.bytes), entriesOf(blockIo.operations), []);
}

function blockStats(bytes: BlkioEntry[] | null, operations: BlkioEntry[] | null, others: BlkioEntry[] | null): StatsFrame["blkio_stats"] {
  return {
    io_service_bytes_recursive: bytes,
    io_serviced_recursive: operations,
    io_queue_recursive: others,
    io_service_time_recursive: others,
    io_wait_time_recursive: others,
    io_merged_recursive: others,
    io_time_recursive: others,
    sectors_recursive: others,
  };
}

function entriesOf(counts: readonly BlockCount[]): BlkioEntry[] {
  return counts.map(({ major, minor, op, value }) => ({ major, minor, op, value }));
}

function networksOf(interfaces: ReadonlyMap<string, InterfaceCounters>): Record<string, InterfaceStats> {
  return Object.fromEntries(
    [...interfaces].map(([name, counters]) => [
      name,
      {
        rx_bytes: counters.rxBytes,
        rx_packets: counters.rxPackets,
        rx_errors: counters.rxErrors,
        rx_dropped: counters.rxDropped,
        tx_bytes: counters.txBytes,
        tx_packets: counters.txPackets,
        tx_errors: counters.txErrors,
        tx_dropped: counters.txDropped,
      },
    ]),
  );
}

function nonZero<Key extends string>(key: Key, value: number): { readonly [K in Key]?: number } {
  return (value === 0 ? {} : { [key]: value }) as { readonly [K in Key]?: number };
}

function countOf(digits: string | undefined): Count {
  if (digits === undefined) return 0;
  const number = Number(digits);
  return Number.isSafeInteger(number) ? number : BigInt(digits);
}
