import { expect, test } from "bun:test";
import { fail, kindOf, messageOf, type Steps } from "@berth/base";
import type { CgroupLimits } from "@berth/linux";
import type { ContainerUpdateRequest, HostConfig } from "@berth/spec";
import { openTestEngine, type TestEngine } from "../../testing/index.ts";

const megabyte = 1024 * 1024;
const limited = { Memory: 64 * megabyte, MemorySwap: 128 * megabyte, NanoCpus: 5e8, PidsLimit: 9 };

async function open(refuse: () => string | null = () => null, steps?: Steps): Promise<{ world: TestEngine; told: CgroupLimits[] }> {
  const told: CgroupLimits[] = [];
  const limit = (_path: string, limits: CgroupLimits): Promise<void> => {
    told.push(limits);
    const words = refuse();
    return words === null ? Promise.resolve() : Promise.reject(fail("conflict", words));
  };
  return { world: await openTestEngine({ cgroups: { limit }, ...(steps === undefined ? {} : { steps }) }), told };
}

async function make(world: TestEngine, running: boolean, HostConfig: Partial<HostConfig> = limited): Promise<string> {
  const request = { Image: "busybox", Cmd: ["sleep", "1000"], HostConfig };
  const { id } = await world.engine.containers.create({ name: "one", platform: null, request, apiVersion: "1.51" });
  if (running) await world.engine.containers.start(id);
  return id;
}

async function shown(world: TestEngine): Promise<HostConfig> {
  return (await world.engine.containers.inspect("one", { size: false })).HostConfig;
}

async function refusal(world: TestEngine, request: ContainerUpdateRequest): Promise<string> {
  try {
    await world.engine.containers.update("one", request);
  } catch (error) {
    return `${kindOf(error)}: ${messageOf(error)}`;
  }
  return "nothing";
}

test("a running container: the kernel is told what changes, then the row", async () => {
  const { world, told } = await open();
  await using _ = world;
  await make(world, true);
  await world.engine.containers.update("one", { Memory: 32 * megabyte, NanoCpus: 1e9, PidsLimit: 0 });
  await world.engine.containers.update("one", { Memory: 32 * megabyte });
  await world.engine.containers.update("one", { RestartPolicy: { Name: "always" } });
  expect(told).toEqual([
    { memoryBytes: 32 * megabyte, memorySwapBytes: 128 * megabyte, cpuQuotaUs: 100_000, cpuPeriodUs: 100_000, pids: -1 },
  ]);
  expect(await shown(world)).toMatchObject({
    Memory: 32 * megabyte,
    MemorySwap: 128 * megabyte,
    NanoCpus: 1e9,
    PidsLimit: 0,
    RestartPolicy: { Name: "always", MaximumRetryCount: 0 },
  });
  expect(world.events.filter((event) => event === "container update").length).toBe(3);
});

test("one that does not run: only the row", async () => {
  const { world, told } = await open();
  await using _ = world;
  await make(world, false);
  await world.engine.containers.update("one", { CpuShares: 100 });
  expect([told, (await shown(world)).CpuShares]).toEqual([[], 100]);
});

test("what the kernel refuses changes nothing, and is taken back", async () => {
  let words: string | null = "unable to set memory limit";
  const { world, told } = await open(() => {
    const now = words;
    words = null;
    return now;
  });
  await using _ = world;
  const id = await make(world, true);
  expect(await refusal(world, { CpuShares: 100, RestartPolicy: { Name: "always" } })).toBe(
    `conflict: Cannot update container ${id}: unable to set memory limit`,
  );
  expect(told).toEqual([{ cpuShares: 100 }, { cpuShares: 0 }]);
  expect(await shown(world)).toMatchObject({ CpuShares: 0, RestartPolicy: { Name: "" } });
  expect(world.events).not.toContain("container update");
});

test("a row that cannot be written takes the limits back", async () => {
  let failures = 0;
  const steps: Steps = {
    run: async (name, work) => {
      if (name === "update.row" && failures-- > 0) throw new Error("database or disk is full");
      return work();
    },
  };
  const { world, told } = await open(() => null, steps);
  await using _ = world;
  await make(world, true);
  failures = 1;
  expect(await refusal(world, { CpuShares: 100 })).toContain("database or disk is full");
  expect(told).toEqual([{ cpuShares: 100 }, { cpuShares: 0 }]);
  expect((await shown(world)).CpuShares).toBe(0);
});

test("a daemon that was killed in the middle sets again what the row says", async () => {
  let hang = false;
  const steps: Steps = { run: async (name, work) => (hang && name === "update.row" ? new Promise<never>(() => undefined) : work()) };
  const { world, told } = await open(() => null, steps);
  await using _ = world;
  await make(world, true);
  hang = true;
  void world.engine.containers.update("one", { PidsLimit: 77 });
  for (let left = 200; told.length === 0 && left > 0; left--) await Bun.sleep(10);
  hang = false;
  await world.restart();
  expect(told[0]).toEqual({ pids: 77 });
  expect(told[1]).toMatchObject({ pids: 9, memoryBytes: 64 * megabyte, cpuQuotaUs: 50_000, cpus: "", cpuShares: 0 });
  expect((await shown(world)).PidsLimit).toBe(9);
  await world.restart();
  expect(told.length).toBe(2);
});

test("what does not go together is refused", async () => {
  const { world, told } = await open();
  await using _ = world;
  await make(world, true, { ...limited, AutoRemove: true });
  const prefix = /^conflict: Cannot update container [0-9a-f]{64}: /;
  for (const [request, words] of [
    [{ CpuPeriod: 5000 }, "CPU Period cannot be updated as NanoCPUs has already been set"],
    [{ CpuQuota: 5000 }, "CPU Quota cannot be updated as NanoCPUs has already been set"],
    [
      { Memory: 999 * megabyte },
      "Memory limit should be smaller than already set memoryswap limit, update the memoryswap at the same time",
    ],
    [{ RestartPolicy: { Name: "always" } }, "Restart policy cannot be updated because AutoRemove is enabled for the container"],
  ] as const) {
    const refused = await refusal(world, request);
    expect(refused).toMatch(prefix);
    expect(refused).toEndWith(words);
  }
  expect(await refusal(world, { Memory: 1 })).toBe("invalid: Minimum memory limit allowed is 6MB");
  expect(told).toEqual([]);
});
