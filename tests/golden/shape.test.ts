import { expect, test } from "bun:test";
import {
  added,
  boolean,
  compareShape,
  leavesOf,
  list,
  loosened,
  map,
  nullable,
  number,
  object,
  optional,
  since,
  string,
  until,
} from "./shape.ts";

const shape = object({
  Id: string,
  Size: number,
  Old: until("1.44", boolean),
  New: since("1.48", number),
  Soft: added("1.45", number),
  Loose: loosened("1.42", number),
  Items: nullable(list(object({ Name: string }))),
  Labels: map(string),
  Extra: optional(string),
});
const value = { Id: "a", Size: 1, Old: true, Loose: 1, Items: null, Labels: {} };

function findings(what: unknown, version: string): string[] {
  return compareShape(shape, what, { version, at: "x" });
}

test("a value fits its version only", () => {
  expect(findings(value, "1.41")).toEqual([]);
  expect(findings({ ...value, Soft: 1 }, "1.41")).toEqual([]);
  expect(findings(value, "1.48")).toEqual([
    "x.Old: must be absent",
    "x.New: number expected, got nothing",
    "x.Soft: number expected, got nothing",
  ]);
  expect(findings({ ...value, Old: undefined, Soft: 1, New: 2, Loose: undefined }, "1.48")).toEqual([]);
});

test("missing, wrong, null and unknown parts are found", () => {
  expect(findings({ ...value, Id: null }, "1.41")).toEqual(["x.Id: string expected, got null"]);
  expect(findings({ ...value, Loose: undefined }, "1.41")).toEqual(["x.Loose: number expected, got nothing"]);
  expect(findings({ ...value, Items: [{ Name: "a" }, { Name: 5 }, {}] }, "1.41")).toEqual([
    "x.Items[1].Name: string expected, got number",
    "x.Items[2].Name: string expected, got nothing",
  ]);
  expect(findings({ ...value, Items: {} }, "1.41")).toEqual(["x.Items: list expected, got object"]);
  expect(findings({ ...value, Labels: { a: 1 } }, "1.41")).toEqual(["x.Labels.a: string expected, got number"]);
  expect(findings({ ...value, Extra: null }, "1.41")).toEqual(["x.Extra: string expected, got null"]);
  expect(findings({ ...value, Other: 1 }, "1.41")).toEqual(["x.Other: not in any version"]);
  expect(findings([], "1.41")).toEqual(["x: object expected, got a list"]);
});

test("leaves are named once, and those that were compared are told", () => {
  expect(leavesOf(shape)).toEqual([".Id", ".Size", ".Old", ".New", ".Soft", ".Loose", ".Items[].Name", ".Labels.*", ".Extra"]);
  const seen = new Set<string>();
  compareShape(shape, { ...value, Items: [{ Name: "a" }] }, { version: "1.41", at: "x", seen: (path) => seen.add(path) });
  expect([...seen]).toEqual([".Id", ".Size", ".Old", ".Loose", ".Items[].Name"]);
});
