import { expect, test } from "bun:test";
import { silentLogger } from "@berth/base";
import { QuietWatch } from "./quiet.ts";

/** @returns for each look whether memory was given back, when the processor had been used for so long by then */
function looks(beforeMs: number, timesMs: readonly number[]): boolean[] {
  let usedMs = beforeMs;
  let rests = 0;
  const watch = new QuietWatch({ kernel: { unmapOwnCode: () => ++rests }, log: silentLogger(), usedMs: () => usedMs });
  const rested = timesMs.map((timeMs) => {
    usedMs = timeMs;
    const before = rests;
    watch.look();
    return rests > before;
  });
  watch.close();
  return rested;
}

test("memory is given back once after each time of work, and never in the middle of it", () => {
  expect(looks(100, [5_000, 9_000, 9_100, 9_120, 9_140])).toEqual([false, false, true, false, false]);
  expect(looks(100, [150, 8_000, 8_010, 8_020, 9_000, 9_001])).toEqual([true, false, true, false, false, true]);
});

test("what an idle daemon does adds up to work after a while", () => {
  expect(looks(0, [50, 100, 150, 200, 250, 300])).toEqual([true, false, false, false, true, false]);
});
