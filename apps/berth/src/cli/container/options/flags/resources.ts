import type { Flag } from "../../../args/flag.ts";
import { throttleBytes, throttleOperations, weightDevice } from "../blkio.ts";
import { accepted } from "../checks.ts";
import { parseCpus } from "../cpus.ts";
import { parseUlimit } from "../ulimit.ts";

/** How much of the machine the container may use. */
export const resourceFlags: readonly Flag[] = [
  {
    name: "blkio-weight",
    type: "uint",
    valueName: "uint16",
    help: "Share of the disks' time beside other containers, 10 to 1000; else 500",
    fallback: "0",
  },
  { name: "blkio-weight-device", type: "list", help: "The same for one disk, e.g. /dev/sda:500", check: accepted(weightDevice) },
  { name: "cgroup-parent", type: "string", help: "Cgroup to live below, e.g. /batch" },
  { name: "cpu-count", type: "int", help: "For Windows", hidden: true },
  { name: "cpu-percent", type: "int", help: "For Windows", hidden: true },
  { name: "cpu-period", type: "int", help: "Length of a --cpu-quota round in microseconds, 1000 to 1000000" },
  { name: "cpu-quota", type: "int", help: "Processor time in each round, in microseconds; --cpus is simpler" },
  { name: "cpu-rt-period", type: "int", help: "Length of a real-time round in microseconds" },
  { name: "cpu-rt-runtime", type: "int", help: "Real-time share of each round in microseconds" },
  { name: "cpu-shares", short: "c", type: "int", help: "Weight when processors are scarce; 1024 is usual" },
  {
    name: "cpus",
    type: "string",
    valueName: "decimal",
    help: "How many processors' time it may use, e.g. 1.5",
    check: accepted(parseCpus),
  },
  { name: "cpuset-cpus", type: "string", help: "Run on these processors only, e.g. 0-3 or 0,1" },
  { name: "cpuset-mems", type: "string", help: "Use memory of these NUMA nodes only, e.g. 0" },
  {
    name: "device-read-bps",
    type: "list",
    help: "Fastest reading from a disk, e.g. /dev/sda:1mb a second",
    check: accepted(throttleBytes),
  },
  {
    name: "device-read-iops",
    type: "list",
    help: "Most read operations a second, e.g. /dev/sda:100",
    check: accepted(throttleOperations),
  },
  { name: "device-write-bps", type: "list", help: "Fastest writing to a disk, e.g. /dev/sda:1mb a second", check: accepted(throttleBytes) },
  {
    name: "device-write-iops",
    type: "list",
    help: "Most write operations a second, e.g. /dev/sda:100",
    check: accepted(throttleOperations),
  },
  { name: "io-maxbandwidth", type: "bytes", help: "For Windows", hidden: true },
  { name: "io-maxiops", type: "uint", help: "For Windows", hidden: true },
  { name: "kernel-memory", type: "bytes", help: "Without effect: kernels no longer have this limit", hidden: true },
  { name: "memory", short: "m", type: "bytes", help: "Most memory the container may use, e.g. 512m" },
  { name: "memory-reservation", type: "bytes", help: "Memory it is pressed down to when the machine runs short, e.g. 256m" },
  { name: "memory-swap", type: "bytes", help: "Most memory and swap together, e.g. 1g; -1: any swap; else twice --memory" },
  { name: "memory-swappiness", type: "int", help: "How readily it is swapped out, 0 to 100; else like the machine", fallback: "-1" },
  { name: "oom-kill-disable", type: "bool", help: "Let it hang, not die, when its memory is used up" },
  { name: "oom-score-adj", type: "int", help: "Who dies first when the machine runs out of memory: -1000 last, 1000 first" },
  { name: "pids-limit", type: "int", help: "Most processes and threads at once; -1: any number" },
  { name: "shm-size", type: "bytes", help: "Room in its /dev/shm, e.g. 256m; else 64m" },
  {
    name: "ulimit",
    type: "list",
    values: ["core=", "cpu=", "memlock=", "nofile=", "nproc=", "stack="],
    valueName: "ulimit",
    help: "Limit of each process, e.g. nofile=1024:4096",
    check: accepted(parseUlimit),
  },
];
