/** A count of which some have more than 53 bits: those are bigints, and {@link writeJson} writes all of their digits. */
export type Count = number | bigint;

export interface CpuStats {
  cpu_usage: { total_usage: number; percpu_usage?: readonly number[]; usage_in_kernelmode: number; usage_in_usermode: number };
  system_cpu_usage?: number;
  online_cpus?: number;
  throttling_data: { periods: number; throttled_periods: number; throttled_time: number };
}

export interface BlkioEntry {
  major: number;
  minor: number;
  op: string;
  value: number;
}

export interface InterfaceStats {
  rx_bytes: number;
  rx_packets: number;
  rx_errors: number;
  rx_dropped: number;
  tx_bytes: number;
  tx_packets: number;
  tx_errors: number;
  tx_dropped: number;
}

/** One frame of GET /containers/{id}/stats. What is zero of pids and memory is left out. */
export interface StatsFrame {
  read: string;
  preread: string;
  pids_stats: { current?: number; limit?: Count };
  blkio_stats: {
    io_service_bytes_recursive: readonly BlkioEntry[] | null;
    io_serviced_recursive: readonly BlkioEntry[] | null;
    io_queue_recursive: readonly BlkioEntry[] | null;
    io_service_time_recursive: readonly BlkioEntry[] | null;
    io_wait_time_recursive: readonly BlkioEntry[] | null;
    io_merged_recursive: readonly BlkioEntry[] | null;
    io_time_recursive: readonly BlkioEntry[] | null;
    sectors_recursive: readonly BlkioEntry[] | null;
  };
  num_procs: number;
  storage_stats: Record<string, never>;
  cpu_stats: CpuStats;
  precpu_stats: CpuStats;
  memory_stats: { usage?: number; max_usage?: number; stats?: Readonly<Record<string, Count>>; failcnt?: number; limit?: number };
  name: string;
  id: string;
  networks?: Readonly<Record<string, InterfaceStats>>;
}
