import { expect, test } from "bun:test";
import { writeJson } from "./write-json.ts";

test("a bigint keeps its digits", () => {
  expect(writeJson({ time: 1, timeNano: 1763762345123456789n, list: [2n ** 63n] })).toBe(
    '{"time":1,"timeNano":1763762345123456789,"list":[9223372036854775808]}',
  );
});
