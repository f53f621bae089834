import { expect, test } from "bun:test";
import { formatTimeFixed, parseTime } from "./timestamps.ts";

const nowNs = 1_700_000_000_000_000_000n;
const parse = (text: string): bigint | null => parseTime(text, { name: "since", nowNs });

test("the forms of a time", () => {
  const cases: readonly (readonly [string, bigint | null])[] = [
    ["", null],
    ["0", 0n],
    ["1700000000", 1_700_000_000_000_000_000n],
    ["1700000000.5", 1_700_000_000_500_000_000n],
    ["1700000000.0000000019", 1_700_000_000_000_000_001n],
    ["10m", nowNs - 600_000_000_000n],
    ["1h30m1.5s", nowNs - 5_401_500_000_000n],
    ["2023-11-14T22:13:20Z", 1_700_000_000_000_000_000n],
    ["2023-11-14T22:13:20.123456789Z", 1_700_000_000_123_456_789n],
    ["2023-11-14T23:13:20+01:00", 1_700_000_000_000_000_000n],
    ["2023-11-14", 1_699_920_000_000_000_000n],
  ];
  for (const [text, ns] of cases) expect(parse(text)).toBe(ns);
});

test("what is no time is refused by its name", () => {
  for (const bad of ["yesterday", "10 m", "2023-13-45", "1e9", "m"]) expect(() => parse(bad)).toThrow('invalid value for "since"');
});

test("log times have nine decimals", () => {
  expect(formatTimeFixed(1_700_000_000_000_000_001n)).toBe("2023-11-14T22:13:20.000000001Z");
  expect(formatTimeFixed(1_700_000_000_000_000_000n)).toBe("2023-11-14T22:13:20.000000000Z");
});
