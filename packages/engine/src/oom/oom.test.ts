import { expect, test } from "bun:test";
import type { CgroupUsage } from "@berth/linux";
import { openTestEngine, type TestEngine, until } from "../testing/index.ts";

/** A host whose kernel counts as it is told. */
async function open(): Promise<{ world: TestEngine; kills: Map<string, number>; machine: { kills: number }; looks: () => number }> {
  const kills = new Map<string, number>();
  const machine = { kills: 7 };
  let looks = 0;
  const usage = (path: string): CgroupUsage => {
    looks++;
    return { cpuNs: null, memoryBytes: null, pids: null, oomKills: kills.get(path.slice(path.lastIndexOf("/") + 1)) ?? 0, underOom: false };
  };
  const world = await openTestEngine({ cgroups: { usage }, counters: { oomKills: () => machine.kills } });
  return { world, kills, machine, looks: () => looks };
}

async function start(world: TestEngine): Promise<string> {
  const request = { Image: "busybox", Cmd: ["sleep", "1000"] };
  const { id } = await world.engine.containers.create({ name: null, platform: null, request, apiVersion: "1.51" });
  await world.engine.containers.start(id);
  return id;
}

const oomKilled = async (world: TestEngine, id: string): Promise<boolean> =>
  (await world.engine.containers.inspect(id, { size: false })).State.OOMKilled;
const told = (world: TestEngine): number => world.events.filter((event) => event === "container oom").length;

test("told while it runs, kept at its end, forgotten at the next start", async () => {
  const { world, kills, machine } = await open();
  await using _ = world;
  const id = await start(world);
  kills.set(id, 1);
  machine.kills++;
  await until("the event", () => told(world) === 1);
  expect(await oomKilled(world, id)).toBe(true);
  await world.engine.containers.stop(id, { timeoutS: 0, signal: null });
  expect([await oomKilled(world, id), told(world)]).toEqual([true, 1]);
  kills.delete(id);
  await world.engine.containers.start(id);
  expect(await oomKilled(world, id)).toBe(false);
});

test("a kill that ends the container is told before its end", async () => {
  const { world, kills } = await open();
  await using _ = world;
  const id = await start(world);
  kills.set(id, 1);
  await world.engine.containers.kill(id, "KILL");
  await until("the end", () => world.events.includes("container die"));
  const events = world.events.filter((event) => /oom|die/.test(event));
  expect(events).toEqual(["container oom", "container die"]);
  expect(await oomKilled(world, id)).toBe(true);
});

test("containers are looked at only when the machine's count has changed", async () => {
  const { world, looks, machine } = await open();
  await using _ = world;
  const ids = [await start(world), await start(world), await start(world)];
  const before = looks();
  await Bun.sleep(1200);
  expect(looks()).toBe(before);
  machine.kills++;
  await until("a look", () => looks() >= before + ids.length);
  expect(told(world)).toBe(0);
});

test("what happened while no daemon ran is told by the next one, once", async () => {
  const { world, kills } = await open();
  await using _ = world;
  const id = await start(world);
  kills.set(id, 1);
  await world.restart();
  await until("the flag", () => world.runtime !== undefined);
  expect(await oomKilled(world, id)).toBe(true);
  const before = told(world);
  await world.restart();
  expect(told(world)).toBe(before);
});
