import { expect, test } from "bun:test";
import { rfc3339OfMs } from "./clock.ts";

test("times have no zeros at the fraction's end, and whole seconds no fraction", () => {
  const at = Date.UTC(2026, 10, 22, 6, 48, 50);
  expect([0, 630, 600, 7].map((ms) => rfc3339OfMs(at + ms))).toEqual([
    "2026-11-22T06:48:50Z",
    "2026-11-22T06:48:50.63Z",
    "2026-11-22T06:48:50.6Z",
    "2026-11-22T06:48:50.007Z",
  ]);
});
