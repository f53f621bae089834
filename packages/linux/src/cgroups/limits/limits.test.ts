import { afterAll, describe, expect, test } from "bun:test";
import { kindOf, messageOf, silentLogger } from "@berth/base";
import { existsSync, readFileSync } from "node:fs";
import { openBlocking } from "../../blocking/open-blocking.ts";
import { openKernel } from "../../kernel/open-kernel.ts";
import type { CgroupLimits } from "../../ports.ts";
import { openCgroups } from "../open-cgroups.ts";
import { planV1 } from "./plan-v1.ts";
import { planV2, weightOfShares } from "./plan-v2.ts";
import type { LimitWrite } from "./plan.ts";

const texts = (writes: readonly LimitWrite[]): string[] =>
  writes.map(({ into }) => into.map(({ file, text }) => `${file}=${text}`).join(" or "));

describe("v1", () => {
  const v1 = (limits: CgroupLimits, present = { memorySwapBytes: 200, cpuQuotaUs: -1 }): string[] => texts(planV1(limits, present));

  test("never sets the limit of memory above that of memory and swap", () => {
    const [memory, swap] = ["memory.limit_in_bytes", "memory.memsw.limit_in_bytes"];
    expect(v1({ memoryBytes: 100, memorySwapBytes: 150 })).toEqual([`${memory}=100`, `${swap}=150`]);
    expect(v1({ memoryBytes: 300, memorySwapBytes: 400 })).toEqual([`${swap}=400`, `${memory}=300`]);
    expect(v1({ memoryBytes: 300, memorySwapBytes: -1 })).toEqual([`${swap}=-1`, `${memory}=300`]);
    expect(v1({ memoryBytes: 100 })).toEqual([`${memory}=100`]);
  });

  test("lifts a quota before its period changes", () => {
    expect(v1({ cpuPeriodUs: 0, cpuQuotaUs: 500 })).toEqual(["cpu.cfs_period_us=100000", "cpu.cfs_quota_us=500"]);
    expect(v1({ cpuPeriodUs: 5000, cpuQuotaUs: 5000 }, { memorySwapBytes: 0, cpuQuotaUs: 90_000 })).toEqual([
      "cpu.cfs_quota_us=-1",
      "cpu.cfs_period_us=5000",
      "cpu.cfs_quota_us=5000",
    ]);
  });

  test("knows what is usual", () => {
    expect(v1({ cpuShares: 0, cpus: "", mems: "0", pids: -1, blkioWeight: 0, memoryReservationBytes: -1 })).toEqual([
      "memory.soft_limit_in_bytes=-1",
      "cpu.shares=1024",
      "cpuset.cpus=null",
      "cpuset.mems=0",
      "pids.max=max",
      "blkio.weight=100 or blkio.bfq.weight=100",
    ]);
  });
});

describe("v2", () => {
  const v2 = (limits: CgroupLimits): string[] => texts(planV2(limits, { cpuMax: "50000 100000\n" }));

  test("swap is counted without memory", () => {
    expect(v2({ memoryBytes: 100, memorySwapBytes: 150 })).toEqual(["memory.max=100", "memory.swap.max=50"]);
    expect(v2({ memoryBytes: -1, memorySwapBytes: -1 })).toEqual(["memory.max=max", "memory.swap.max=max"]);
    expect(v2({ memoryReservationBytes: 7 })).toEqual(["memory.low=7"]);
  });

  test("quota and period are one file", () => {
    expect(v2({ cpuQuotaUs: 30_000 })).toEqual(["cpu.max=30000 100000"]);
    expect(v2({ cpuPeriodUs: 20_000 })).toEqual(["cpu.max=50000 20000"]);
    expect(v2({ cpuQuotaUs: -1, cpuPeriodUs: 0 })).toEqual(["cpu.max=max 100000"]);
  });

  test("weights are counted otherwise", () => {
    expect([2, 512, 1024, 262_144].map(weightOfShares)).toEqual([1, 20, 39, 10_000]);
    expect(v2({ blkioWeight: 500 })).toEqual(["io.bfq.weight=default 500 or io.weight=default 4950"]);
  });
});

describe("in this machine's kernel", () => {
  const blocking = openBlocking();
  const path = `/berth-limits-${process.pid}`;
  const cgroups = openCgroups({ kernel: openKernel(), blocking, log: silentLogger() });
  afterAll(async () => {
    await cgroups.remove(path);
    await blocking.close();
  });
  const held = (controller: string, v1: string, v2: string): string => {
    const files = [`/sys/fs/cgroup/${controller}${path}/${v1}`, `/sys/fs/cgroup${path}/${v2}`];
    return readFileSync(files.find((file) => existsSync(file)) ?? "", "utf8").trim();
  };
  const memory = (): string => held("memory", "memory.limit_in_bytes", "memory.max");
  const pids = (): string => held("pids", "pids.max", "pids.max");
  async function refusal(limits: CgroupLimits): Promise<string> {
    try {
      await cgroups.limit(path, limits);
    } catch (error) {
      return `${kindOf(error)}: ${messageOf(error)}`;
    }
    return "nothing";
  }

  test("sets limits, and takes all of them back when one is refused", async () => {
    cgroups.create(path);
    await cgroups.limit(path, { memoryBytes: 64 << 20, memorySwapBytes: 128 << 20, pids: 40, cpuQuotaUs: 20_000, cpuPeriodUs: 50_000 });
    expect([memory(), pids()]).toEqual([String(64 << 20), "40"]);
    const refused = await refusal({ memoryBytes: 256 << 20, memorySwapBytes: 512 << 20, cpuQuotaUs: 90_000, pids: 50, cpus: "4000" });
    expect(refused).toMatch(/^invalid: failed to write "4000" to cpuset\.cpus: /);
    expect([memory(), pids()]).toEqual([String(64 << 20), "40"]);
    await cgroups.limit(path, { memoryBytes: -1, memorySwapBytes: -1, pids: -1, cpuQuotaUs: -1, cpuPeriodUs: 0, cpuShares: 0, cpus: "" });
    expect([Number(memory()) > 2 ** 60 || memory() === "max", pids()]).toEqual([true, "max"]);
  });

  test("refuses what is not there", async () => {
    expect(await refusal({ cpuPeriodUs: 1 })).toMatch(/^invalid: failed to write "/);
    await cgroups.remove(path);
    expect(await refusal({ pids: 3 })).toBe(`not-found: No such control group: ${path}`);
  });
});
