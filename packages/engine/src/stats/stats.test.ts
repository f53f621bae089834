import { expect, test } from "bun:test";
import type { CgroupSample, CgroupSampler } from "@berth/linux";
import { type StatsFrame, writeJson } from "@berth/spec";
import { openTestEngine, type TestEngine } from "../testing/index.ts";
import { emptyFrame, frameOf, type StatsSample } from "./frame.ts";

const v2: CgroupSample = {
  cpu: { usageNs: 5000, userNs: 3000, kernelNs: 2000, perCpuNs: null, periods: 1, throttledPeriods: 2, throttledNs: 3 },
  memory: {
    version: 2,
    usageBytes: 4096,
    maxUsageBytes: null,
    limitBytes: Number.POSITIVE_INFINITY,
    failures: 1,
    stat: new Map([
      ["anon", "4096"],
      ["unknown", "1"],
    ]),
  },
  pids: { version: 2, current: 3, limit: Number.POSITIVE_INFINITY },
  blockIo: { version: 2, bytes: [{ major: 8, minor: 0, op: "read", value: 7 }], operations: [] },
};

function sampleOf(cgroup: CgroupSample): StatsSample {
  return { read: "2026-01-01T00:00:00Z", atMs: 0, cgroup, system: { usageNs: 9e9, online: 2 }, interfaces: null, hostMemoryBytes: 1e9 };
}

test("v2: no largest usage and no single processors; no limit of pids is the largest number, with all its digits", () => {
  const frame = frameOf({ id: "a".repeat(64), name: "web" }, sampleOf(v2), null);
  expect(frame.memory_stats).toMatchObject({ usage: 4096, failcnt: 1, limit: 1e9 });
  expect(Object.keys(frame.memory_stats)).toEqual(["usage", "stats", "failcnt", "limit"]);
  expect([
    frame.memory_stats.stats?.["anon"],
    frame.memory_stats.stats?.["file"],
    Object.keys(frame.memory_stats.stats ?? {}).length,
  ]).toEqual([4096, 0, 31]);
  expect("percpu_usage" in frame.cpu_stats.cpu_usage).toBe(false);
  expect(frame.blkio_stats.io_service_bytes_recursive).toEqual([{ major: 8, minor: 0, op: "read", value: 7 }]);
  expect(frame.blkio_stats.io_serviced_recursive).toBeNull();
  expect(writeJson(frame)).toContain('"pids_stats":{"current":3,"limit":18446744073709551615}');
});

test("v1: no limit of pids is left out, numbers of more than 53 bits keep all digits", () => {
  const memory = {
    version: 1,
    usageBytes: 4096,
    maxUsageBytes: 8192,
    limitBytes: 2 ** 63,
    failures: 0,
    stat: new Map([["hierarchical_memory_limit", "9223372036854771712"]]),
  } as const;
  const cgroup: CgroupSample = {
    ...v2,
    memory,
    pids: { version: 1, current: 1, limit: Number.POSITIVE_INFINITY },
    blockIo: { version: 1, bytes: [], operations: [] },
  };
  const frame = frameOf({ id: "a".repeat(64), name: "web" }, sampleOf(cgroup), sampleOf(v2));
  expect(frame.memory_stats).toMatchObject({ max_usage: 8192, limit: 1e9 });
  expect(frame.pids_stats).toEqual({ current: 1 });
  expect(frame.blkio_stats.io_queue_recursive).toEqual([]);
  expect(frame.preread).toBe("2026-01-01T00:00:00Z");
  expect(writeJson(frame)).toContain('"hierarchical_memory_limit":9223372036854771712');
});

test("a cgroup without controllers, and a container without a process", () => {
  const frame = frameOf({ id: "a", name: "web" }, sampleOf({ cpu: null, memory: null, pids: null, blockIo: null }), null);
  expect([frame.memory_stats, frame.pids_stats, frame.cpu_stats.cpu_usage.total_usage]).toEqual([{}, {}, 0]);
  expect(emptyFrame("a", "web")).toMatchObject({ read: "0001-01-01T00:00:00Z", name: "/web", memory_stats: {} });
});

/** A host whose containers have used one more nanosecond each time they are looked at. */
async function open(): Promise<{ world: TestEngine; open: () => number; looks: () => number }> {
  let opened = 0;
  let looks = 0;
  const sampler = (): CgroupSampler => {
    opened++;
    return {
      sample: () => ({ ...v2, cpu: { ...(v2.cpu ?? never()), usageNs: ++looks } }),
      close: () => {
        opened--;
      },
    };
  };
  const world = await openTestEngine({ cgroups: { sampler } });
  return { world, open: () => opened, looks: () => looks };
}

function never(): never {
  throw new Error("unreachable");
}

async function start(world: TestEngine, name: string): Promise<string> {
  const { id } = await world.engine.containers.create({
    name,
    platform: null,
    request: { Image: "busybox", Cmd: ["sleep", "1000"] },
    apiVersion: "1.51",
  });
  await world.engine.containers.start(id);
  return id;
}

const used = (frame: StatsFrame | undefined): number => frame?.cpu_stats.cpu_usage.total_usage ?? -1;

test("one look serves all who listen; each frame is compared with the one before", async () => {
  const { world, looks } = await open();
  await using _ = world;
  const id = await start(world, "web");
  const abort = new AbortController();
  const streams = [1, 2, 3].map(() => world.engine.containers.watchStats(id, abort.signal)[Symbol.asyncIterator]());
  const first = await Promise.all(streams.map((stream) => stream.next()));
  expect(first.map(({ value }) => used(value as StatsFrame))).toEqual([1, 1, 1]);
  const second = await Promise.all(streams.map((stream) => stream.next()));
  expect(second.map(({ value }) => [used(value as StatsFrame), (value as StatsFrame).precpu_stats.cpu_usage.total_usage])).toEqual([
    [2, 1],
    [2, 1],
    [2, 1],
  ]);
  expect(looks()).toBe(2);
  abort.abort();
  expect((await Promise.all(streams.map((stream) => stream.next()))).map(({ done }) => done)).toEqual([true, true, true]);
});

test("a single look is compared with one that was made a moment ago, and waits for a second one otherwise", async () => {
  const { world } = await open();
  await using _ = world;
  const { containers } = world.engine;
  const id = await start(world, "web");
  const alone = await containers.stats(id, { oneShot: true });
  expect([used(alone), alone.preread, alone.precpu_stats.cpu_usage.total_usage]).toEqual([1, "0001-01-01T00:00:00Z", 0]);
  const compared = await containers.stats(id, { oneShot: false });
  expect(compared.precpu_stats.cpu_usage.total_usage).toBeGreaterThan(0);
  expect(Date.parse(compared.read)).toBeGreaterThan(Date.parse(compared.preread));
  const again = await containers.stats(id, { oneShot: false });
  expect(again.precpu_stats.cpu_usage.total_usage).toBeGreaterThan(0);
});

test("zeros while it does not run, the next run begins anew, and the stream ends with the removal", async () => {
  const { world, open: opened } = await open();
  await using _ = world;
  const { containers } = world.engine;
  const id = await start(world, "web");
  const stream = containers.watchStats(id, new AbortController().signal)[Symbol.asyncIterator]();
  expect(used((await stream.next()).value as StatsFrame)).toBe(1);
  await containers.stop(id, { timeoutS: 0, signal: null });
  const stopped = (await stream.next()).value as StatsFrame;
  expect([used(stopped), stopped.name, stopped.read]).toEqual([0, "/web", "0001-01-01T00:00:00Z"]);
  expect(opened()).toBe(0);
  await containers.start(id);
  const again = (await stream.next()).value as StatsFrame;
  expect([used(again), again.preread]).toEqual([2, "0001-01-01T00:00:00Z"]);
  await containers.remove(id, { force: true, volumes: true, link: false });
  expect((await stream.next()).done).toBe(true);
  expect(opened()).toBe(0);
});

test("one that is not there", async () => {
  const { world } = await open();
  await using _ = world;
  expect(() => world.engine.containers.watchStats("nope", new AbortController().signal)).toThrow("No such container: nope");
});
