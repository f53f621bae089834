import { expect, test } from "bun:test";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { clockFromEnvironment } from "./test-clock.ts";

test("a file turns the clock, and only when one is named", () => {
  const folder = mkdtempSync(`${tmpdir()}/berth-clock-`);
  try {
    const clock = clockFromEnvironment({ BERTH_TEST_CLOCK: `${folder}/offset` });
    const apartMs = (): number => clock.nowMs() - Date.now();
    expect(Math.abs(apartMs())).toBeLessThan(5000);
    writeFileSync(`${folder}/offset`, "-7200000\n");
    expect(Math.round(apartMs() / 3_600_000)).toBe(-2);
    expect(Math.round((Number(clock.nowNs() / 1_000_000n) - Date.now()) / 3_600_000)).toBe(-2);
    expect(Math.abs(clockFromEnvironment({}).nowMs() - Date.now())).toBeLessThan(5000);
  } finally {
    rmSync(folder, { recursive: true });
  }
});
