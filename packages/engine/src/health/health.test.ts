import { expect, test } from "bun:test";
import { deferred, fakeClock, silentLogger } from "@berth/base";
import type { ContainerRecord } from "../containers/record.ts";
import { goDuration } from "./go-duration.ts";
import { HealthMonitors, type HealthWork } from "./monitors.ts";
import { healthPlan, pauseBeforeCheckMs } from "./plan.ts";
import { afterCheck, type HealthResult, type HealthState, startingHealth, uncheckedHealth } from "./state.ts";

const second = 1e9;

function planOf(health: object): NonNullable<ReturnType<typeof healthPlan>> {
  const plan = healthPlan({ Healthcheck: { Test: ["CMD", "true"], ...health } });
  if (plan === null) throw new Error("no plan");
  return plan;
}

test("a plan has Docker's defaults; checks that name nothing are none", () => {
  expect(planOf({})).toEqual({
    command: ["true"],
    intervalMs: 30_000,
    timeoutMs: 30_000,
    startPeriodMs: 0,
    startIntervalMs: 5000,
    retries: 3,
  });
  expect(planOf({ Interval: second / 2, Timeout: 0, Retries: 0, StartPeriod: second, StartInterval: second })).toMatchObject({
    intervalMs: 500,
    timeoutMs: 30_000,
    retries: 3,
    startPeriodMs: 1000,
    startIntervalMs: 1000,
  });
  const shell = { Healthcheck: { Test: ["CMD-SHELL", "a | b"] } };
  expect(healthPlan(shell)?.command).toEqual(["/bin/sh", "-c", "a | b"]);
  expect(healthPlan({ ...shell, Shell: ["/bin/ash", "-ec"] })?.command).toEqual(["/bin/ash", "-ec", "a | b"]);
  for (const Test of [["NONE"], [], ["CMD"], ["BOGUS", "x"]]) expect(healthPlan({ Healthcheck: { Test } })).toBeNull();
  expect(healthPlan({})).toBeNull();
});

test("pauses are shorter only while it starts within its start period", () => {
  const plan = planOf({ Interval: 60 * second, StartPeriod: 10 * second, StartInterval: second });
  expect(pauseBeforeCheckMs(plan, { sinceStartMs: 0, starting: true })).toBe(1000);
  expect(pauseBeforeCheckMs(plan, { sinceStartMs: 0, starting: false })).toBe(60_000);
  expect(pauseBeforeCheckMs(plan, { sinceStartMs: 10_000, starting: true })).toBe(60_000);
});

test("failures count from the start period's end, or from the first success", () => {
  const plan = planOf({ Retries: 2, StartPeriod: 10 * second });
  const result = (exitCode: number): HealthResult => ({ start: "", end: "", exitCode, output: "" });
  let state: HealthState = startingHealth(plan, null) ?? ({} as HealthState);
  const check = (exitCode: number, sinceStartMs: number): [string, number] => {
    state = afterCheck(state, result(exitCode), { plan, sinceStartMs });
    return [state.status, state.failingStreak];
  };
  expect([check(1, 1000), check(-1, 9999)]).toEqual([
    ["starting", 0],
    ["starting", 0],
  ]);
  expect([check(1, 10_000), check(1, 11_000), check(1, 12_000)]).toEqual([
    ["starting", 1],
    ["unhealthy", 2],
    ["unhealthy", 3],
  ]);
  expect(state.log).toHaveLength(5);
  expect([check(0, 13_000), check(3, 14_000)]).toEqual([
    ["healthy", 0],
    ["healthy", 1],
  ]);
  expect(state.log.map(({ exitCode }) => exitCode)).toEqual([1, 1, 1, 0, 3]);
  expect(startingHealth(plan, state)).toEqual({ status: "starting", failingStreak: 0, log: state.log, acting: null });
  expect(uncheckedHealth(state)).toMatchObject({ status: "unhealthy", failingStreak: 1 });
  // Within the start period a success ends the leniency.
  state = startingHealth(plan, null) ?? state;
  expect([check(0, 100), check(1, 200), check(1, 300)]).toEqual([
    ["healthy", 0],
    ["healthy", 1],
    ["unhealthy", 2],
  ]);
});

test("durations as Go writes them", () => {
  expect([300, 1000, 1500, 60_000, 90_500, 3_600_000, 0].map(goDuration)).toEqual([
    "300ms",
    "1s",
    "1.5s",
    "1m0s",
    "1m30.5s",
    "1h0m0s",
    "0s",
  ]);
});

/** A container that was started `agoMs` ago by the fake clock. */
function container(id: string, agoMs: number, nowMs: number, health: object = {}): ContainerRecord {
  return {
    id,
    config: { Healthcheck: { Test: ["CMD", "true"], Interval: 10 * second, ...health } },
    life: { status: "running", process: { startedMonotonicMs: nowMs - agoMs } },
  } as unknown as ContainerRecord;
}

const good: HealthResult = { start: "", end: "", exitCode: 0, output: "" };
const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

test("a container is checked an interval after its start and after each check, whatever the wall clock does", async () => {
  const clock = fakeClock();
  const noted: [string, number][] = [];
  const work: HealthWork = {
    probe: () => Promise.resolve(good),
    note: async (id, _result, { beganMs }) => void noted.push([id, beganMs - 1_000_000]),
    isStarting: () => false,
  };
  const monitors = new HealthMonitors({ clock, log: silentLogger(), work, random: () => 0 });
  monitors.watch(container("one", 0, clock.monotonicMs()));
  monitors.watch(container("one", 0, clock.monotonicMs()));
  expect(clock.pending).toBe(1);
  clock.advance(9999);
  clock.setWallMs(0);
  expect(noted).toEqual([]);
  clock.advance(1);
  await turn();
  clock.setWallMs(Date.UTC(2040, 0, 1));
  clock.advance(10_000);
  await turn();
  expect(noted).toEqual([
    ["one", 10_000],
    ["one", 20_000],
  ]);
  await monitors.unwatch("one");
  clock.advance(100_000);
  await turn();
  expect(noted).toHaveLength(2);
});

test("a check that is called off is waited for and not noted; a resumed container is checked within its interval", async () => {
  const clock = fakeClock();
  const running = deferred<HealthResult>();
  let aborted = false;
  let notes = 0;
  const work: HealthWork = {
    probe: (_id, _plan, signal) => {
      signal.addEventListener("abort", () => {
        aborted = true;
        setImmediate(() => running.resolve(good));
      });
      return running.promise;
    },
    note: async () => void notes++,
    isStarting: () => false,
  };
  const monitors = new HealthMonitors({ clock, log: silentLogger(), work, random: () => 0.5 });
  monitors.watch(container("one", 90_000, clock.monotonicMs()), { resumed: true });
  clock.advance(5250);
  await turn();
  await monitors.unwatch("one");
  expect([aborted, notes, clock.pending]).toEqual([true, 0, 0]);
  monitors.close();
  monitors.watch(container("two", 0, clock.monotonicMs()));
  expect(clock.pending).toBe(0);
});

test("few checks start at a time, and one that fails to be noted is followed by the next", async () => {
  const clock = fakeClock();
  let most = 0;
  let now = 0;
  let notes = 0;
  const monitors: HealthMonitors = new HealthMonitors({
    clock,
    log: silentLogger(),
    random: () => 0,
    work: {
      probe: async () => {
        await monitors.start(async () => {
          most = Math.max(most, ++now);
          await turn();
          now--;
        });
        return good;
      },
      note: () => {
        notes++;
        return Promise.reject(new Error("the disk is full"));
      },
      isStarting: () => false,
    },
  });
  for (let each = 0; each < 40; each++) monitors.watch(container(`c${each}`, 0, clock.monotonicMs()));
  clock.advance(10_000);
  while (notes < 40) await turn();
  expect(most).toBe(4);
  await turn();
  expect(clock.pending).toBe(40);
});
