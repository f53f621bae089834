// time limit: 60 minutes
import { afterAll, beforeAll, expect, test } from "bun:test";
import { buildBusyboxImage } from "../harness/busybox-image.ts";
import type { EngineApi } from "../harness/engine-api.ts";
import { loadImage, startBerth, type RunningEngine } from "../harness/engines.ts";
import { openSandbox, type Sandbox } from "../harness/sandbox.ts";
import { type Census, growth, memoryMegabytes, takeCensus } from "./census.ts";
import { lives } from "./lives.ts";

/**
 * Hundreds of lives, eight at a time, with a daemon that is killed twice on the way: afterwards there is no more of
 * anything than before. `BERTH_SOAK=n` says how many lives (240 unless given).
 */
const total = Number(process.env["BERTH_SOAK"] ?? "240");
const atOnce = 8;
const warmUp = 48;
const settleMs = 20_000;
/** How much more the daemon may take after the last third of the lives than before it. */
const memorySlackMegabytes = 40;

let sandbox: Sandbox;
let engine: RunningEngine;
/** Counts the daemons: what a life sees of the death of its daemon is no failure. */
let epoch = 0;
let ready: Promise<void> = Promise.resolve();
let count = 0;
const failures: string[] = [];

beforeAll(async () => {
  sandbox = await openSandbox("soak");
  engine = await startBerth(sandbox);
  await loadImage(engine, buildBusyboxImage("busybox:latest").archive);
});
afterAll(async () => {
  await sandbox?.close();
});

/** Leads `number` lives, `atOnce` at a time, and kills the daemon when `killAt` of them have begun. */
async function lead(number: number, killAt: number | null = null): Promise<void> {
  const kinds = Object.entries(lives);
  let begun = 0;
  const one = async (): Promise<void> => {
    while (begun < number) {
      if (++begun === killAt) ready = killAndStart();
      await ready;
      const mine = epoch;
      const index = count++;
      const [what, life] = kinds[index % kinds.length] ?? [];
      try {
        await life?.(engine.api, `life-${index}`);
      } catch (error) {
        if (mine === epoch) failures.push(`life ${index}, which ${what}: ${error instanceof Error ? error.message : String(error)}`);
      }
    }
  };
  await Promise.all(Array.from({ length: atOnce }, one));
}

async function killAndStart(): Promise<void> {
  // Into the middle of what the others do.
  await Bun.sleep(40);
  epoch++;
  engine.process.signal("SIGKILL");
  await engine.process.exited;
  engine = await startBerth(sandbox);
}

/** Removes what the deaths of daemons have left half way. */
async function removeAll(api: EngineApi): Promise<void> {
  const left = (await api.get("/containers/json?all=1")).json<{ Id: string }[]>();
  for (const { Id } of left) expect((await api.delete(`/containers/${Id}?force=1&v=1`)).status).toBe(204);
}

/** The census when what goes on off the critical path has ended. */
async function settled(before: Census | null): Promise<Census> {
  const end = Date.now() + (before === null ? 1500 : settleMs);
  let census = await takeCensus(sandbox, engine);
  while (Date.now() < end && (before === null || growth(before, census).length > 0)) {
    await Bun.sleep(250);
    census = await takeCensus(sandbox, engine);
  }
  return census;
}

test("after many lives, and deaths of the daemon, there is no more of anything than before", async () => {
  await lead(warmUp);
  const before = await settled(null);
  const sizes = [memoryMegabytes(engine.process.pid)];
  const third = Math.ceil(total / 3);
  await lead(third, Math.ceil(third / 3));
  await lead(third, Math.ceil(third / 2));
  await removeAll(engine.api);
  sizes.push(memoryMegabytes(engine.process.pid));
  await lead(third);
  expect(failures).toEqual([]);
  const after = await settled(before);
  sizes.push(memoryMegabytes(engine.process.pid));
  console.log(`soak: ${count} lives, ${epoch} deaths; the daemon took ${sizes.join(", ")} MB (PSS)`);
  expect(growth(before, after)).toEqual([]);
  expect((sizes[2] ?? 0) - (sizes[1] ?? 0)).toBeLessThan(memorySlackMegabytes);
  await engine.stop();
}, 3_600_000);
