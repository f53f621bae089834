import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "bun:test";
import { profiledSteps, type ProfiledStep } from "./step-profile.ts";

test("steps are written down with what they are inside of, failed ones too", async () => {
  const folder = mkdtempSync(join(tmpdir(), "berth-profile-"));
  try {
    const file = join(folder, "profile");
    const steps = profiledSteps(file);
    const before = performance.timeOrigin + performance.now();
    await steps.run("outer", () => Promise.all([steps.run("one", () => Bun.sleep(5)), steps.run("two", () => 2)]));
    let refused = "";
    await steps
      .run("wrong", () => Promise.reject(new Error("no")))
      .catch((error: Error) => {
        refused = error.message;
      });
    expect(refused).toBe("no");
    const lines = (): string[] => {
      try {
        return readFileSync(file, "utf8").split("\n").slice(0, -1);
      } catch {
        return [];
      }
    };
    for (const until = Date.now() + 10_000; lines().length < 4 && Date.now() < until; ) await Bun.sleep(10);
    const found = lines().map((line) => JSON.parse(line) as ProfiledStep);
    expect(found.map(({ name, depth }) => [name, depth])).toEqual([
      ["two", 1],
      ["one", 1],
      ["outer", 0],
      ["wrong", 0],
    ]);
    const [two, one, outer] = found;
    expect(one?.tookMs).toBeGreaterThan(4);
    expect(outer?.tookMs).toBeGreaterThanOrEqual(one?.tookMs ?? Number.NaN);
    expect(two?.atMs).toBeGreaterThanOrEqual(before);
  } finally {
    rmSync(folder, { recursive: true });
  }
});
