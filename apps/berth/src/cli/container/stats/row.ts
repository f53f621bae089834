import { shortId } from "@berth/base";
import { formatBinarySize, formatSize, type StatsFrame } from "@berth/spec";
import type { Headers, Row } from "../../format/rows.ts";

/** The words above the columns of `stats`. */
export const statsHeaders: Headers = {
  Container: "CONTAINER",
  ID: "CONTAINER ID",
  Name: "NAME",
  CPUPerc: "CPU %",
  MemUsage: "MEM USAGE / LIMIT",
  MemPerc: "MEM %",
  NetIO: "NET I/O",
  BlockIO: "BLOCK I/O",
  PIDs: "PIDS",
};

/** The columns that are shown when nothing else is asked for. */
export const statsColumns = ["ID", "Name", "CPUPerc", "MemUsage", "MemPerc", "NetIO", "BlockIO", "PIDs"] as const;

const unknown = "--";

/** What is known of a container now; no frame when nothing came for a while. */
export interface StatsLine {
  /** As it was asked for. */
  readonly container: string;
  readonly id: string;
  readonly name: string;
  readonly frame: StatsFrame | null;
}

/** A container as the fields of `stats --format`. */
export function statsRow({ container, id, name, frame }: StatsLine, trunc: boolean): Row {
  const shown = { Container: container, ID: trunc ? shortId(id) : id, Name: name.replace(/^\//, "") || unknown };
  if (frame === null) {
    return { ...shown, CPUPerc: unknown, MemUsage: "-- / --", MemPerc: unknown, NetIO: unknown, BlockIO: unknown, PIDs: unknown };
  }
  const used = memoryUsed(frame);
  const limit = Number(frame.memory_stats.limit ?? 0);
  const network = Object.values(frame.networks ?? {});
  const sum = (numbers: readonly number[]): number => numbers.reduce((total, each) => total + each, 0);
  const pair = (one: number, other: number): string => `${formatSize(one, 3)} / ${formatSize(other, 3)}`;
  return {
    ...shown,
    CPUPerc: percent(processorPart(frame)),
    MemUsage: `${formatBinarySize(used)} / ${formatBinarySize(limit)}`,
    MemPerc: percent(limit === 0 ? 0 : used / limit),
    NetIO: pair(sum(network.map((each) => each.rx_bytes)), sum(network.map((each) => each.tx_bytes))),
    BlockIO: pair(blockBytes(frame, "r"), blockBytes(frame, "w")),
    PIDs: String(frame.pids_stats.current ?? 0),
  };
}

/** Of one processor's time between two looks: 2 when two were busy all the time. */
export function processorPart({ cpu_stats: now, precpu_stats: before }: StatsFrame): number {
  const used = now.cpu_usage.total_usage - before.cpu_usage.total_usage;
  const passed = (now.system_cpu_usage ?? 0) - (before.system_cpu_usage ?? 0);
  const processors = now.online_cpus || (now.cpu_usage.percpu_usage?.length ?? 0);
  return passed > 0 && used > 0 ? (used / passed) * processors : 0;
}

/** Without what the kernel would give back at once: file pages that nobody uses. The first name is v1's. */
export function memoryUsed({ memory_stats: { usage = 0, stats = {} } }: StatsFrame): number {
  for (const idle of [stats["total_inactive_file"], stats["inactive_file"]]) {
    if (idle !== undefined && Number(idle) < usage) return usage - Number(idle);
  }
  return usage;
}

/** v1 counts `Read` and `Write`, v2 `read` and `write`. */
function blockBytes(frame: StatsFrame, initial: "r" | "w"): number {
  const entries = frame.blkio_stats.io_service_bytes_recursive ?? [];
  return entries.filter(({ op }) => op.toLowerCase().startsWith(initial)).reduce((total, { value }) => total + value, 0);
}

/** Two digits. What lies in the middle, as eighths do, goes to the even one, as in Go; toFixed would round it up. */
function percent(part: number): string {
  const value = part * 100;
  const middle = Math.abs((value * 8) % 2) === 1;
  const lower = Math.floor(value * 100);
  return `${middle ? ((lower % 2 === 0 ? lower : lower + 1) / 100).toFixed(2) : value.toFixed(2)}%`;
}
