import { list, map, nullable, number, object, optional, type Shape, string } from "../shape.ts";

// Releases as in container.ts.

const blkioEntries = nullable(list(object({ major: number, minor: number, op: string, value: number })));
const cpuStats = object({
  cpu_usage: object({
    total_usage: number,
    percpu_usage: optional(list(number)),
    usage_in_kernelmode: number,
    usage_in_usermode: number,
  }),
  system_cpu_usage: optional(number),
  online_cpus: optional(number),
  throttling_data: object({ periods: number, throttled_periods: number, throttled_time: number }),
});

/** GET /containers/{name}/stats: `StatsJSON` up to v26, `StatsResponse` since (api/types/stats.go, api/types/container/stats.go), without what only Windows has. */
export const containerStats: Shape = object({
  read: string,
  preread: string,
  pids_stats: object({ current: optional(number), limit: optional(number) }),
  blkio_stats: object({
    io_service_bytes_recursive: blkioEntries,
    io_serviced_recursive: blkioEntries,
    io_queue_recursive: blkioEntries,
    io_service_time_recursive: blkioEntries,
    io_wait_time_recursive: blkioEntries,
    io_merged_recursive: blkioEntries,
    io_time_recursive: blkioEntries,
    sectors_recursive: blkioEntries,
  }),
  num_procs: number,
  storage_stats: object({}),
  cpu_stats: cpuStats,
  precpu_stats: cpuStats,
  memory_stats: object({
    usage: optional(number),
    max_usage: optional(number),
    stats: optional(map(number)),
    failcnt: optional(number),
    limit: optional(number),
  }),
  name: optional(string),
  id: optional(string),
  networks: optional(
    map(
      object({
        rx_bytes: number,
        rx_packets: number,
        rx_errors: number,
        rx_dropped: number,
        tx_bytes: number,
        tx_packets: number,
        tx_errors: number,
        tx_dropped: number,
      }),
    ),
  ),
});
