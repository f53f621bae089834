// time limit: 240 minutes
import { afterAll, beforeAll, expect, test } from "bun:test";
import { type Census, growth, memoryMegabytes, takeCensus } from "./census.ts";
import { faults } from "./faults.ts";
import { Stage } from "./stage.ts";

/**
 * Hundreds of lives, eight at a time, while the daemon, monitors and runtimes are killed, the disk is full and the clock jumps:
 * what was acknowledged is there, and ten seconds later there is no more of anything than before. `BERTH_SOAK=n` says how many
 * lives (200 unless given), `BERTH_SOAK_SEED=n` which draw of lives and faults, `BERTH_SOAK_FAULTS=n` how many lives come to a
 * fault (20 unless given, 0 for none), `BERTH_SOAK_ONLY=disk` draws only those with the word in their name.
 */
const total = Number(process.env["BERTH_SOAK"] ?? "200");
const seed = Number(process.env["BERTH_SOAK_SEED"] ?? String(crypto.getRandomValues(new Uint32Array(1))[0] ?? 0));
const livesPerFault = Number(process.env["BERTH_SOAK_FAULTS"] ?? "20") || null;
const warmUp = 48;
const settleMs = 10_000;
/** How much more the daemon may take at the end than when it had led its first lives. */
const memorySlackMegabytes = 60;

let stage: Stage;

beforeAll(async () => {
  stage = await Stage.open(seed);
}, 60_000);
afterAll(async () => {
  await stage?.sandbox.close();
}, 60_000);

/** The census when what goes on off the critical path has ended. */
async function settled(before: Census | null): Promise<Census> {
  const end = Date.now() + (before === null ? 1500 : settleMs);
  let census = await takeCensus(stage.sandbox, stage.seenFromOutside);
  while (Date.now() < end && (before === null || growth(before, census).length > 0)) {
    await Bun.sleep(250);
    census = await takeCensus(stage.sandbox, stage.seenFromOutside);
  }
  return census;
}

test("after many lives and faults nothing is lost, and there is no more of anything than before", async () => {
  console.log(`soak: seed ${seed}`);
  const all = Object.entries(faults).filter(([name]) => name.includes(process.env["BERTH_SOAK_ONLY"] ?? ""));
  await stage.play({ number: warmUp, livesPerFault: null, faults: [] });
  const before = await settled(null);
  const sizes = [memoryMegabytes(stage.engine.process.pid)];
  const third = Math.ceil(total / 3);
  await stage.play({ number: total - third, livesPerFault, faults: all });
  await stage.clear();
  // From here on the daemon stays, so that its memory tells something.
  const began = stage.engine;
  const lasting = all.filter(([name]) => !name.includes("daemon"));
  sizes.push(memoryMegabytes(stage.engine.process.pid));
  await stage.play({ number: third, livesPerFault, faults: lasting });
  await stage.clear();
  const after = await settled(before);
  sizes.push(memoryMegabytes(stage.engine.process.pid));
  console.log(`soak: ${stage.count} lives; faults: ${listOf(stage.happened)}; the daemon took ${sizes.join(", ")} MB (PSS)`);
  if (process.env["BERTH_SOAK"] !== undefined) console.log(`soak: cut short by faults:\n${listOf(stage.explained, "\n")}`);
  expect({ seed, failures: stage.failures }).toEqual({ seed, failures: [] });
  expect({ seed, grown: growth(before, after) }).toEqual({ seed, grown: [] });
  expect(stage.engine).toBe(began);
  expect((sizes[2] ?? 0) - (sizes[0] ?? 0)).toBeLessThan(memorySlackMegabytes);
  await stage.engine.stop();
}, 14_400_000);

function listOf(counts: ReadonlyMap<string, number>, between = ", "): string {
  return [...counts].map(([what, count]) => `${count} x ${what}`).join(between);
}
