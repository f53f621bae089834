// time limit: 25 minutes
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { existsSync, readFileSync, rmSync } from "node:fs";
import { buildBusyboxImage } from "../harness/busybox-image.ts";
import { loadImage, startBerth, type RunningEngine } from "../harness/engines.ts";
import { openSandbox, until, type Sandbox } from "../harness/sandbox.ts";
import { live, type Journal } from "./scenario.ts";
import { removeAll, verify } from "./verify.ts";
import { lookAround, type World } from "./world.ts";

/**
 * Kills the daemon before and after every named step of create, start, exec, stop, remove, load and exit, and at random
 * moments; each time the restarted daemon has lost nothing that was acknowledged, and when all is removed the world is as
 * it was before. `BERTH_CRASH_STEP` runs only the steps that contain it; `BERTH_CRASH_RANDOM` says how many random kills.
 */
const only = process.env["BERTH_CRASH_STEP"] ?? "";
const randomKills = Number(process.env["BERTH_CRASH_RANDOM"] ?? "25");
const operations = ["create", "start", "exec", "stop", "remove", "load", "unload", "exit"];
const first = buildBusyboxImage("busybox:latest");
const second = buildBusyboxImage("second:latest", { Labels: { second: "yes" }, Volumes: { "/anonymous": {} } });
let sandbox: Sandbox;
let baseline: World;
let steps: string[] = [];

async function settle(engine: RunningEngine): Promise<World> {
  let world = await lookAround(sandbox, engine);
  // What is taken down off the critical path may need a moment.
  for (let attempt = 0; attempt < 40 && !Bun.deepEquals(world, baseline); attempt++) {
    await Bun.sleep(100);
    world = await lookAround(sandbox, engine);
  }
  return world;
}

/** Lives once with a daemon that dies on the way, restarts it and looks. */
async function crashOnce(
  env: Record<string, string>,
  killAfterMs: number | null,
): Promise<{ wrong: string[]; journal: Journal; died: boolean }> {
  const dying = await startBerth(sandbox, { env });
  let died = false;
  void dying.process.exited.then(() => {
    died = true;
  });
  const timer =
    killAfterMs === null
      ? null
      : setTimeout(() => {
          try {
            dying.process.signal("SIGKILL");
          } catch {
            // it has ended already
          }
        }, killAfterMs);
  const journal = await live(dying.api, second.archive);
  await until(() => died, killAfterMs === null ? 5000 : killAfterMs + 2000, "the daemon did not die").catch(() => undefined);
  if (timer !== null) clearTimeout(timer);
  if (!died) {
    await dying.stop();
    return { wrong: [], journal, died };
  }
  const engine = await startBerth(sandbox);
  const wrong = await verify(engine.api, journal);
  wrong.push(...(await removeAll(engine.api)));
  expect(await settle(engine)).toEqual(baseline);
  await engine.stop();
  return { wrong, journal, died };
}

describe("crash: nothing is lost, nothing leaks", () => {
  beforeAll(async () => {
    sandbox = await openSandbox("crash");
    const stepsFile = `${sandbox.folder}/steps`;
    const engine = await startBerth(sandbox, { env: { BERTH_TEST_STEPS: stepsFile } });
    await loadImage(engine, first.archive);
    baseline = await lookAround(sandbox, engine);
    rmSync(stepsFile, { force: true });
    const journal = await live(engine.api, second.archive);
    expect(journal.inFlight).toBeNull();
    steps = existsSync(stepsFile) ? [...new Set(readFileSync(stepsFile, "utf8").trim().split("\n"))].sort() : [];
    expect(await removeAll(engine.api)).toEqual([]);
    expect(await settle(engine)).toEqual(baseline);
    await engine.stop();
  }, 120_000);

  afterAll(async () => {
    await sandbox?.close();
  }, 60_000);

  test("every operation names its steps", () => {
    console.log(`crash: ${steps.length} steps, each with a kill before and after it`);
    for (const operation of operations) expect(steps.filter((step) => step.startsWith(`${operation}.`)).length).toBeGreaterThan(0);
  });

  test("a kill before and after every step", async () => {
    const failures: unknown[] = [];
    for (const step of steps.filter((name) => name.includes(only)))
      for (const moment of ["before", "after"]) {
        try {
          const { wrong, died, journal } = await crashOnce({ BERTH_TEST_CRASH: `${step}:${moment}` }, null);
          if (!died) failures.push({ step, moment, wrong: "the step was not reached" });
          else if (wrong.length > 0) failures.push({ step, moment, wrong, journal });
        } catch (error) {
          failures.push({ step, moment, error: error instanceof Error ? error.message.slice(0, 3000) : error });
          await sandbox.close();
          await restartSandbox();
        }
      }
    expect(failures).toEqual([]);
  }, 1_200_000);

  test.skipIf(only !== "")(
    "kills at random moments",
    async () => {
      const failures: unknown[] = [];
      for (let round = 0; round < randomKills; round++) {
        const afterMs = Math.round(Math.random() * 1200);
        try {
          const { wrong, journal } = await crashOnce({}, afterMs);
          if (wrong.length > 0) failures.push({ afterMs, wrong, journal });
        } catch (error) {
          failures.push({ afterMs, error: error instanceof Error ? error.message.slice(0, 3000) : error });
          await sandbox.close();
          await restartSandbox();
        }
      }
      expect(failures).toEqual([]);
    },
    600_000,
  );
});

/** A fresh sandbox after a failure, so that one failure does not count for all steps after it. */
async function restartSandbox(): Promise<void> {
  sandbox = await openSandbox("crash");
  const engine = await startBerth(sandbox);
  await loadImage(engine, first.archive);
  baseline = await lookAround(sandbox, engine);
  await engine.stop();
}
