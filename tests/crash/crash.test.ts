// time limit: 25 minutes
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { type Crash, Lane } from "./lane.ts";

/**
 * Kills the daemon before and after every named step of create, start, exec, stop, change, update, remove, load and exit, in the recovery
 * from such a kill, and at random moments; each time the last daemon has lost nothing that was acknowledged, and when all is
 * removed the world is as it was before.
 * - `BERTH_CRASH_STEP=word`: only the steps that contain it.
 * - `BERTH_CRASH_RANDOM=n`: how many random kills.
 * - `BERTH_CRASH_ALL=1`: every occurrence of each step, and every step of each recovery.
 */
const only = process.env["BERTH_CRASH_STEP"] ?? "";
const randomKills = Number(process.env["BERTH_CRASH_RANDOM"] ?? "12");
const everything = (process.env["BERTH_CRASH_ALL"] ?? "") !== "";
const operations = [
  "create",
  "start",
  "exec",
  "stop",
  "change",
  "update",
  "remove",
  "rename",
  "pause",
  "load",
  "unload",
  "exit",
  "network",
  "health",
  "files",
  "commit",
];
const moments = ["before", "after"];
const laneCount = 4;
const hourMs = 3_600_000;

/** First deaths that leave much to recover from, of every kind. */
const beginnings: readonly Crash[] = [
  { at: "start.row:before" },
  { at: "start.create:after" },
  { at: "create.folder:after" },
  { at: "remove.folder:before" },
  { at: "load.place-layers:after" },
  { at: "exit.row:after:3" },
  { at: "update.limits:after" },
  { at: "change.stop:before" },
  { at: "change.switch:after" },
  { at: "change.back:before" },
  { afterOperation: "die dog" },
  { afterOperation: "die dog", meanwhile: "processes killed" },
  { afterOperation: "die dog", meanwhile: "monitors killed" },
];

let lanes: Lane[] = [];
let steps: string[] = [];
const recoveries = new Map<Crash, readonly string[]>();

/** Lets the lanes take crashes from a list until it is empty. @returns what failed */
async function runAll(crashes: readonly Crash[], options: { readonly mustDie: boolean }): Promise<unknown[]> {
  const failures: unknown[] = [];
  const waiting = [...crashes];
  await Promise.all(
    lanes.map(async (lane) => {
      for (let crash = waiting.shift(); crash !== undefined; crash = waiting.shift()) {
        try {
          const { wrong, died, diedAgain, journal, recovery } = await lane.crash(crash);
          if (options.mustDie && !died) failures.push({ crash, wrong: "the step was not reached" });
          if (crash.again !== undefined && died && !diedAgain) failures.push({ crash, wrong: "the step of the recovery was not reached" });
          if (wrong.length > 0) failures.push({ crash, wrong, journal });
          recoveries.set(crash, recovery);
        } catch (error) {
          failures.push({ crash, error: error instanceof Error ? error.message.slice(0, 3000) : error });
          await lane.renew();
        }
      }
    }),
  );
  return failures;
}

/** `[name, how-manieth time]` of each step, only the first time unless all are wanted. */
function occurrences(names: readonly string[]): (readonly [name: string, count: number])[] {
  const counts = new Map<string, number>();
  const found = names.map((name) => {
    const count = (counts.get(name) ?? 0) + 1;
    counts.set(name, count);
    return [name, count] as const;
  });
  return everything ? found : found.filter(([, count]) => count === 1);
}

describe("crash: nothing is lost, nothing leaks", () => {
  beforeAll(async () => {
    lanes = await Promise.all(Array.from({ length: laneCount }, () => Lane.open()));
    steps = (await lanes[0]?.enumerate()) ?? [];
  }, 120_000);

  afterAll(async () => {
    await Promise.all(lanes.map((lane) => lane[Symbol.asyncDispose]()));
  }, 60_000);

  test("every operation names its steps", () => {
    console.log(`crash: ${new Set(steps).size} steps, reached ${steps.length} times`);
    for (const operation of operations) expect(steps.filter((step) => step.startsWith(`${operation}.`)).length).toBeGreaterThan(0);
  });

  test(
    "a kill before and after every step",
    async () => {
      const crashes = occurrences(steps)
        .filter(([name]) => name.includes(only))
        .flatMap(([name, count]) => moments.map((moment): Crash => ({ at: `${name}:${moment}:${count}` })));
      expect(await runAll(crashes, { mustDie: true })).toEqual([]);
    },
    hourMs,
  );

  test(
    "a kill in the recovery from a kill",
    async () => {
      expect(await runAll(beginnings, { mustDie: true })).toEqual([]);
      const seen = new Set<string>();
      const crashes = beginnings.flatMap((beginning) =>
        occurrences(recoveries.get(beginning) ?? [])
          .filter(([name]) => name.includes(only) && (everything || !seen.has(name)))
          .flatMap(([name, count]) => {
            seen.add(name);
            return moments.map((moment): Crash => ({ ...beginning, again: `${name}:${moment}:${count}` }));
          }),
      );
      console.log(`crash: ${seen.size} steps in ${beginnings.length} recoveries`);
      for (const step of ["adopt", "exit", "abandon", "release", "networks", "folder", "images", "bridge", "volumes"]) {
        if (only === "") expect([...seen]).toContain(`recover.${step}`);
      }
      expect(await runAll(crashes, { mustDie: true })).toEqual([]);
    },
    hourMs,
  );

  test.skipIf(only !== "")(
    "kills at random moments",
    async () => {
      const crashes = Array.from({ length: randomKills }, (): Crash => ({ afterMs: Math.round(Math.random() * 2500) }));
      expect(await runAll(crashes, { mustDie: false })).toEqual([]);
    },
    hourMs,
  );
});
