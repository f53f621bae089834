import { expect, test } from "bun:test";
import { median, quantile } from "./statistics.ts";

test("the median is the middle value, or the mean of two", () => {
  expect(median([3, 1, 2])).toBe(2);
  expect(median([4, 1, 2, 3])).toBe(2.5);
  expect(median([])).toBeNaN();
});

test("quantiles lie between neighbours", () => {
  expect([0, 0.25, 0.75, 1].map((part) => quantile([10, 20, 30], part))).toEqual([10, 15, 25, 30]);
  expect(quantile([7], 0.25)).toBe(7);
});
