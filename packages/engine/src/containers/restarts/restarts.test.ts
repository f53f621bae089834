import { expect, test } from "bun:test";
import { fakeClock } from "@berth/base";
import { openTestEngine, type TestEngine, until } from "../../testing/index.ts";
import { backoffOf, readExtensions } from "../extensions.ts";
import type { ContainerRecord } from "../record.ts";
import { nextDelayMs, startsAtBoot, wantsRestart } from "./policy.ts";
import { RestartTimers } from "./timers.ts";

test("policies by exit code and count", () => {
  const wants = (Name: string, exitCode: number, restartCount: number, MaximumRetryCount = 0): boolean =>
    wantsRestart({ Name, MaximumRetryCount }, { exitCode, restartCount });
  expect([wants("always", 0, 99), wants("unless-stopped", 0, 0), wants("no", 1, 0), wants("", 1, 0)]).toEqual([true, true, false, false]);
  expect([wants("on-failure", 0, 0), wants("on-failure", 1, 99), wants("on-failure", 1, 1, 2), wants("on-failure", 1, 2, 2)]).toEqual([
    false,
    true,
    true,
    false,
  ]);
});

test("what the daemon starts when it starts itself", () => {
  const starts = (status: string, Name: string, more: Partial<ContainerRecord> = {}): boolean =>
    startsAtBoot({
      life: { status },
      hostConfig: { RestartPolicy: { Name, MaximumRetryCount: 2 } },
      stoppedByUser: false,
      exitCode: 1,
      restartCount: 0,
      health: null,
      ...more,
    } as unknown as ContainerRecord);
  expect([starts("created", "always"), starts("running", "always"), starts("restarting", "no")]).toEqual([false, false, true]);
  for (const [policy, byItself, byHand] of [
    ["always", true, true],
    ["unless-stopped", true, false],
    ["on-failure", true, false],
    ["no", false, false],
  ] as const) {
    expect([policy, starts("exited", policy), starts("exited", policy, { stoppedByUser: true })]).toEqual([policy, byItself, byHand]);
  }
  expect([starts("exited", "on-failure", { exitCode: 0 }), starts("exited", "on-failure", { restartCount: 2 })]).toEqual([false, false]);
  const unhealthy = { health: { status: "unhealthy", failingStreak: 3, log: [], acting: "restart" } } as const;
  expect([starts("exited", "no", unhealthy), starts("exited", "no", { ...unhealthy, stoppedByUser: true })]).toEqual([true, false]);
});

test("waits double up to the longest, and begin anew after a long run", () => {
  const backoff = { delayMs: 100, maxDelayMs: 1000, resetMs: 10_000 };
  const delays: number[] = [];
  for (let last = 0, each = 0; each < 6; each++) delays.push((last = nextDelayMs(last, 50, backoff)));
  expect(delays).toEqual([100, 200, 400, 800, 1000, 1000]);
  expect([nextDelayMs(1000, 9999, backoff), nextDelayMs(1000, 10_000, backoff)]).toEqual([1000, 100]);
  // Settings that were made smaller meanwhile hold at once.
  expect(nextDelayMs(60_000, 0, backoff)).toBe(1000);
});

test("annotations over the daemon's settings; one that contradicts the daemon's wins", () => {
  const defaults = { delayMs: 100, maxDelayMs: 60_000, resetMs: 10_000 };
  expect(backoffOf(undefined, defaults)).toEqual(defaults);
  expect(backoffOf({ "berth.restart-delay": "2m" }, defaults)).toEqual({ delayMs: 120_000, maxDelayMs: 120_000, resetMs: 10_000 });
  expect(backoffOf({ "berth.restart-max-delay": "50ms", "berth.restart-reset": "1m30s" }, defaults)).toEqual({
    delayMs: 50,
    maxDelayMs: 50,
    resetMs: 90_000,
  });
  expect(
    readExtensions({ "berth.requires": "db:healthy, queue ,a.b:started", "berth.health-on-failure": "none", other: "x" }),
  ).toMatchObject({
    healthOnFailure: null,
    requires: [
      { container: "db", condition: "healthy" },
      { container: "queue", condition: "started" },
      { container: "a.b", condition: "started" },
    ],
  });
  for (const bad of ["db:ready", ":healthy", "db:healthy:x", "x,,y", "-x", Array.from({ length: 65 }, () => "aa").join()]) {
    expect(() => readExtensions({ "berth.requires": bad })).toThrow("berth.requires");
  }
});

test("planned starts come by the clock that nobody can set; the last plan counts, and none after the end", () => {
  const clock = fakeClock();
  const timers = new RestartTimers(clock);
  const started: string[] = [];
  timers.schedule("early", 10, () => started.push("early"));
  timers.release();
  timers.schedule("one", 1000, () => started.push("one, too soon"));
  timers.schedule("one", 5000, () => started.push("one"));
  timers.schedule("two", 3000, () => started.push("two"));
  expect([timers.leftMs("one"), timers.leftMs("none")]).toEqual([5000, null]);
  clock.setWallMs(0);
  clock.advance(4999);
  expect([started, timers.leftMs("one")]).toEqual([["two"], 1]);
  clock.advance(1);
  expect(started).toEqual(["two", "one"]);
  timers.schedule("three", 10, () => started.push("three"));
  expect([timers.cancel("three"), timers.cancel("three")]).toEqual([true, false]);
  timers.schedule("four", 10, () => started.push("four"));
  timers.close();
  timers.schedule("five", 10, () => started.push("five"));
  clock.advance(1000);
  expect(started).toEqual(["two", "one"]);
});

async function made(world: TestEngine, name: string, host: object): Promise<string> {
  const request = { Image: "busybox", Cmd: ["sleep", "1"], HostConfig: host };
  return (await world.engine.containers.create({ name, platform: null, request, apiVersion: "1.51" })).id;
}

const inspect = (world: TestEngine, id: string): ReturnType<TestEngine["engine"]["containers"]["inspect"]> =>
  world.engine.containers.inspect(id, { size: false });

test("a start that fails is tried again by policy, and not when a person asked for it", async () => {
  await using world = await openTestEngine({ settings: { backoff: { delayMs: 5, maxDelayMs: 20, resetMs: 10_000 } } });
  const id = await made(world, "web", { RestartPolicy: { Name: "always", MaximumRetryCount: 0 } });
  world.runtime.failNext = new Error("no room");
  const failure = await world.engine.containers.start(id).catch((error: Error) => error.message);
  expect(failure).toBe("no room");
  expect(await inspect(world, id)).toMatchObject({ RestartCount: 0, State: { Status: "created", Error: "no room" } });
  await world.engine.containers.start(id);
  world.runtime.failNext = new Error("still no room");
  const before = world.runtime.calls.filter((call) => call === "create").length;
  world.runtime.end(id, 3);
  await until("it was tried twice", () => world.runtime.calls.filter((call) => call === "create").length === before + 2);
  await until("it runs", () => world.events.filter((event) => event === "container start").length === 2);
  expect(await inspect(world, id)).toMatchObject({ RestartCount: 2, State: { Status: "running", Error: "" } });
});
