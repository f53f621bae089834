import { describe, expect, test } from "bun:test";
import { formatDuration, parseDuration } from "./duration.ts";
import { formatBinarySize, formatSize, parseBinarySize } from "./size.ts";
import { formatLocalNano, formatLocalRfc3339, formatLocalTime } from "./time.ts";

describe("sizes", () => {
  const table: readonly (readonly [number, string])[] = [
    [0, "0B"],
    [999, "999B"],
    [1000, "1kB"],
    [1_240_000, "1.24MB"],
    [1_999_999, "2MB"],
    [12_345_678, "12.3MB"],
    [999_900, "1e+03kB"],
    [1e15, "1PB"],
  ];
  for (const [bytes, expected] of table) test(expected, () => expect(formatSize(bytes, 3)).toBe(expected));
  test("four digits in messages", () => expect(formatSize(1_239_876)).toBe("1.24MB"));
  test("binary", () => {
    expect(formatBinarySize(23.54 * 1024 ** 3)).toBe("23.54GiB");
    expect(formatBinarySize(67_108_864)).toBe("64MiB");
  });
  const parsed: readonly (readonly [string, number])[] = [
    ["32", 32],
    ["32b", 32],
    ["32k", 32_768],
    ["32Kb", 32_768],
    ["32KiB", 32_768],
    ["32 k", 32_768],
    ["1.5m", 1_572_864],
    ["2G", 2 ** 31],
  ];
  for (const [text, expected] of parsed) test(text, () => expect(parseBinarySize(text)).toBe(expected));
  const bad: readonly (readonly [string, string])[] = [
    ["", "invalid size: ''"],
    ["hello", "invalid size: 'hello'"],
    ["-32", "invalid size: '-32'"],
    ["32bb", "invalid suffix: 'bb'"],
    ["32kbx", "invalid suffix: 'kbx'"],
    [" 32 x", 'strconv.ParseFloat: parsing " 32": invalid syntax'],
  ];
  for (const [text, words] of bad) test(`refuses ${JSON.stringify(text)}`, () => expect(() => parseBinarySize(text)).toThrow(words));
});

describe("durations", () => {
  const minute = 60_000;
  const hour = 60 * minute;
  const day = 24 * hour;
  const table: readonly (readonly [number, string])[] = [
    [-5, "Less than a second"],
    [999, "Less than a second"],
    [1000, "1 second"],
    [59_999, "59 seconds"],
    [minute, "About a minute"],
    [2 * minute, "2 minutes"],
    [59.9 * minute, "59 minutes"],
    [hour, "About an hour"],
    [1.5 * hour, "2 hours"],
    [47 * hour, "47 hours"],
    [2 * day, "2 days"],
    [13 * day, "13 days"],
    [14 * day, "2 weeks"],
    [60 * day, "2 months"],
    [729 * day, "24 months"],
    [730 * day, "2 years"],
  ];
  for (const [ms, expected] of table) test(`${ms} is ${expected}`, () => expect(formatDuration(ms)).toBe(expected));
  const parsed: readonly (readonly [string, number])[] = [
    ["0", 0],
    ["300ms", 300e6],
    ["1.5h", 5400e9],
    ["2h45m", 9900e9],
    ["-5s", -5e9],
    ["1us2ns", 1002],
  ];
  for (const [text, expected] of parsed) test(text, () => expect(parseDuration(text)).toBe(expected));
  const bad: readonly (readonly [string, string])[] = [
    ["", 'time: invalid duration ""'],
    ["5", 'time: missing unit in duration "5"'],
    ["5d", 'time: unknown unit "d" in duration "5d"'],
    ["x", 'time: invalid duration "x"'],
    ["1toString", "time: unknown unit"],
  ];
  for (const [text, words] of bad) test(`refuses ${JSON.stringify(text)}`, () => expect(() => parseDuration(text)).toThrow(words));
});

test("moments carry the zone of the machine", () => {
  const zone = process.env["TZ"];
  try {
    process.env["TZ"] = "UTC";
    expect(formatLocalTime(1_700_000_000)).toBe("2023-11-14 22:13:20 +0000 UTC");
    expect(formatLocalRfc3339(1_700_000_000)).toBe("2023-11-14T22:13:20Z");
    expect(formatLocalNano(1_700_000_000_000_000_007n)).toBe("2023-11-14T22:13:20.000000007Z");
    process.env["TZ"] = "Europe/Berlin";
    expect(formatLocalTime(1_700_000_000)).toBe("2023-11-14 23:13:20 +0100 CET");
    expect(formatLocalRfc3339(1_700_000_000)).toBe("2023-11-14T23:13:20+01:00");
  } finally {
    if (zone === undefined) delete process.env["TZ"];
    else process.env["TZ"] = zone;
  }
});
