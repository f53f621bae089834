import { expect, test } from "bun:test";
import { compareVersions, isAtLeast } from "./compare.ts";

test("compares number by number, not by text", () => {
  expect(compareVersions("1.9", "1.24")).toBeLessThan(0);
  expect(compareVersions("1.41", "1.41")).toBe(0);
  expect(compareVersions("1.41", "1.41.0")).toBe(0);
  expect(compareVersions("2", "1.51")).toBeGreaterThan(0);
  expect(isAtLeast("1.44", "1.44")).toBe(true);
  expect(isAtLeast("1.43", "1.44")).toBe(false);
});

test("what is no number counts as 0", () => {
  expect(compareVersions("1.", "1.0")).toBe(0);
  expect(compareVersions("", "1.24")).toBeLessThan(0);
});
