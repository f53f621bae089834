import { describe, expect, test } from "bun:test";
import type { StatsFrame } from "@berth/spec";
import { memoryUsed, processorPart, statsRow } from "./row.ts";
import { fit } from "./screen.ts";

const noThrottling = { periods: 0, throttled_periods: 0, throttled_time: 0 };
const cpu = (total: number, system: number, online?: number): StatsFrame["cpu_stats"] => ({
  cpu_usage: { total_usage: total, percpu_usage: [1, 1, 1, 1], usage_in_kernelmode: 0, usage_in_usermode: 0 },
  system_cpu_usage: system,
  ...(online === undefined ? {} : { online_cpus: online }),
  throttling_data: noThrottling,
});
const frame: StatsFrame = {
  read: "",
  preread: "",
  pids_stats: { current: 3 },
  blkio_stats: {
    io_service_bytes_recursive: [
      { major: 1, minor: 1, op: "Read", value: 1000 },
      { major: 1, minor: 1, op: "Write", value: 2000 },
      { major: 1, minor: 1, op: "Total", value: 3000 },
      { major: 1, minor: 2, op: "read", value: 500 },
    ],
    io_serviced_recursive: null,
    io_queue_recursive: null,
    io_service_time_recursive: null,
    io_wait_time_recursive: null,
    io_merged_recursive: null,
    io_time_recursive: null,
    sectors_recursive: null,
  },
  num_procs: 0,
  storage_stats: {},
  cpu_stats: cpu(300, 2000, 2),
  precpu_stats: cpu(100, 1000, 2),
  memory_stats: { usage: 3 * 1048576, limit: 64 * 1048576, stats: { total_inactive_file: 1048576 } },
  name: "/web",
  id: "0123456789abcdef",
  networks: {
    eth0: { rx_bytes: 1000, rx_packets: 0, rx_errors: 0, rx_dropped: 0, tx_bytes: 1, tx_packets: 0, tx_errors: 0, tx_dropped: 0 },
    eth1: { rx_bytes: 500, rx_packets: 0, rx_errors: 0, rx_dropped: 0, tx_bytes: 1, tx_packets: 0, tx_errors: 0, tx_dropped: 0 },
  },
};
const line = { container: "web", id: frame.id, name: frame.name, frame };

test("docker's columns", () => {
  expect(statsRow(line, true)).toEqual({
    Container: "web",
    ID: "0123456789ab",
    Name: "web",
    CPUPerc: "40.00%",
    MemUsage: "2MiB / 64MiB",
    MemPerc: "3.12%",
    NetIO: "1.5kB / 2B",
    BlockIO: "1.5kB / 2kB",
    PIDs: "3",
  });
  expect(statsRow({ ...line, name: "", frame: null }, false)).toEqual({
    Container: "web",
    ID: frame.id,
    Name: "--",
    CPUPerc: "--",
    MemUsage: "-- / --",
    MemPerc: "--",
    NetIO: "--",
    BlockIO: "--",
    PIDs: "--",
  });
});

test("processors: nothing passed, nothing used, and engines that do not say how many are online", () => {
  expect(processorPart({ ...frame, cpu_stats: cpu(300, 1000, 2) })).toBe(0);
  expect(processorPart({ ...frame, cpu_stats: cpu(50, 2000, 2) })).toBe(0);
  expect(processorPart({ ...frame, cpu_stats: cpu(300, 2000) })).toBeCloseTo(0.8);
});

test("memory: idle file pages do not count, by the name of v1 or v2", () => {
  const used = (stats: Record<string, number>): number => memoryUsed({ ...frame, memory_stats: { usage: 100, stats } });
  expect([used({ total_inactive_file: 30 }), used({ inactive_file: 20 }), used({ inactive_file: 100 }), used({})]).toEqual([
    70, 80, 100, 100,
  ]);
  expect(memoryUsed({ ...frame, memory_stats: {} })).toBe(0);
});

describe("a screen", () => {
  test("gets what fits, and says what is missing", () => {
    expect(fit("a\nb\nc\n", 4, 10)).toEqual(["a", "b", "c"]);
    expect(fit("a\nb\nc\nd\n", 4, 20)).toEqual(["a", "b", "… and 2 more"]);
    expect(fit("a\nb\n", 1, 20)).toEqual(["… and 2 more"]);
    expect(fit("abcdef\n日本語\n", 9, 4)).toEqual(["abcd", "日本"]);
  });
});
