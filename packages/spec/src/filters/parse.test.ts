import { expect, test } from "bun:test";
import { FilterSyntaxError, formatFilters, parseFilters } from "./parse.ts";

test("both forms mean the same", () => {
  expect(parseFilters('{"label":{"a=b":true,"c":false}}')).toEqual({ label: ["a=b", "c"] });
  expect(parseFilters('{"label":["a=b","c","c"]}')).toEqual({ label: ["a=b", "c"] });
  expect(parseFilters("")).toEqual({});
  expect(parseFilters(null)).toEqual({});
});

test("what Docker refuses is refused", () => {
  for (const bad of ["{", "[]", '"x"', '{"a":1}', '{"a":[1]}', '{"a":{"b":"c"}}']) {
    expect(() => parseFilters(bad)).toThrow(FilterSyntaxError);
  }
});

test("a key called __proto__ is only a key", () => {
  const filters = parseFilters('{"__proto__":["x"]}');
  expect(Object.keys(filters)).toEqual(["__proto__"]);
  expect(({} as Record<string, unknown>)["x"]).toBeUndefined();
});

test("written filters read back", () => {
  expect(parseFilters(formatFilters({ status: ["running", "exited"] }))).toEqual({ status: ["running", "exited"] });
});
