import { expect, test } from "bun:test";
import { join } from "node:path";
import { describeFindings } from "./layers/finding.ts";
import { checkManifests } from "./layers/manifests.ts";
import { checkSources } from "./layers/sources.ts";
import { rooms } from "./layers/table.ts";
import { readTree } from "./layers/tree.ts";

const tree = readTree(join(import.meta.dir, ".."));

test("every package.json keeps to the table of rooms", () => {
  expect(describeFindings(checkManifests(tree, rooms()))).toBe("");
});

test("every source file keeps to the rules of its room", () => {
  expect(describeFindings(checkSources(tree, rooms()))).toBe("");
});

test("the whole tree was read", () => {
  const sources = [...tree.keys()].filter((path) => path.endsWith(".ts"));
  expect(sources.length).toBeGreaterThan(30);
  for (const room of ["packages/base/src/index.ts", "apps/berth/src/main.ts", "tests/layers.test.ts"]) expect(sources).toContain(room);
});
