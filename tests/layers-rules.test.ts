import { expect, test } from "bun:test";
import { checkManifests } from "./layers/manifests.ts";
import { checkSources } from "./layers/sources.ts";
import { rooms } from "./layers/table.ts";

/** A small repository that keeps to every rule; each case breaks one of them. */
const sound: Readonly<Record<string, string>> = {
  "bun.lock": '{ "packages": { "pg": ["pg@8.0.0", "", {}, "sha512-x"] } }',
  "packages/base/package.json": manifest("@berth/base"),
  "packages/base/src/index.ts": 'export * from "./worker.ts";\n',
  "packages/base/src/worker.ts": "export function openWorker(path: string): Worker {\n  return new Worker(path);\n}\n",
  "packages/linux/package.json": manifest("@berth/linux", ["@berth/base"]),
  "packages/linux/src/call.ts":
    'import { dlopen } from "bun:ffi";\nimport { openWorker } from "@berth/base";\n\nexport const a = dlopen;\nexport const b = openWorker("packages/linux/src/slow.worker.ts");\n',
  "packages/linux/src/slow.worker.ts": 'import { a } from "./call.ts";\n\nself.onmessage = () => a;\n',
  "packages/linux/src/testing/fake.ts": "export const fake = 1;\n",
  "packages/store/package.json": manifest("@berth/store", ["@berth/base"]),
  "packages/store/src/open.ts":
    'import { Database } from "bun:sqlite";\n\nexport const open = (): Database => new Database("x").exec("PRAGMA journal_mode = WAL") as never;\n',
  "packages/images/package.json": manifest("@berth/images", ["@berth/base", "@berth/store"]),
  "packages/images/src/rows.store.ts": 'export const list = "SELECT id FROM images WHERE id = ?";\n',
  "packages/images/src/rows.test.ts": 'import { test } from "bun:test";\n\ntest("x", () => undefined);\n',
  "packages/engine/package.json": manifest("@berth/engine", ["@berth/base", "@berth/images"]),
  "packages/engine/src/index.ts": 'import type { x } from "@berth/images";\n\nexport type Y = typeof x;\n',
};

function manifest(name: string, dependencies: readonly string[] = []): string {
  return JSON.stringify({ name, dependencies: Object.fromEntries(dependencies.map((one) => [one, "workspace:*"])) });
}

/** What the rules say of the sound tree with some files changed, one finding a line. */
function findings(changes: Readonly<Record<string, string>> = {}): string[] {
  const tree = new Map(Object.entries({ ...sound, ...changes }));
  return [...checkManifests(tree, rooms()), ...checkSources(tree, rooms())].map(({ path, line, message }) => `${path}:${line} ${message}`);
}

test("a sound tree has no findings", () => {
  expect(findings()).toEqual([]);
});

/** Name of the rule, the files that break it, and the words of the only finding. */
const cases: readonly (readonly [rule: string, changes: Readonly<Record<string, string>>, finding: RegExp])[] = [
  [
    "a forbidden room by import",
    { "packages/images/src/a.ts": 'import { y } from "@berth/engine";\nexport const z = y;\n' },
    /a\.ts:1 imports @berth\/engine, which packages\/images may not/,
  ],
  [
    "a forbidden room by import type",
    { "packages/images/src/a.ts": '\nimport type { Y } from "@berth/engine";\nexport type Z = Y;\n' },
    /a\.ts:2 imports @berth\/engine/,
  ],
  [
    "a forbidden room by import()",
    { "packages/images/src/a.ts": 'export const z = () => import("@berth/engine");\n' },
    /imports @berth\/engine/,
  ],
  [
    "a forbidden room by an import type expression",
    { "packages/images/src/a.ts": 'export type Z = import("@berth/engine").Y;\n' },
    /imports @berth\/engine/,
  ],
  ["a forbidden room by require", { "packages/images/src/a.ts": 'export const z = require("@berth/engine");\n' }, /imports @berth\/engine/],
  [
    "base imports nothing",
    { "packages/base/src/a.ts": 'import type { A } from "@berth/spec";\nexport type B = A;\n' },
    /imports @berth\/spec/,
  ],
  [
    "an undeclared room",
    { "packages/engine/src/a.ts": 'import type { A } from "@berth/linux";\nexport type B = A;\n' },
    /package\.json does not declare/,
  ],
  [
    "an undeclared package",
    { "packages/engine/src/a.ts": 'import { z } from "zod";\nexport const a = z;\n' },
    /imports zod, which packages\/engine\/package\.json does not declare/,
  ],
  ["a computed import", { "packages/engine/src/a.ts": "export const load = (name: string) => import(name);\n" }, /computed name/],
  [
    "an import of the own package",
    { "packages/engine/src/a.ts": 'import type { Y } from "@berth/engine";\nexport type Z = Y;\n' },
    /its own package/,
  ],
  [
    "a relative import out of the room",
    { "packages/engine/src/a.ts": 'import { list } from "../../images/src/rows.store.ts";\nexport const a = list;\n' },
    /leaves packages\/engine/,
  ],
  [
    "a relative import without ending",
    { "packages/linux/src/a.ts": 'import { a } from "./call";\nexport const b = a;\n' },
    /without its ending/,
  ],
  [
    "a relative import of nothing",
    { "packages/linux/src/a.ts": 'import { a } from "./gone.ts";\nexport const b = a;\n' },
    /does not exist/,
  ],
  ["an absolute import", { "packages/linux/src/a.ts": 'import { a } from "/tmp/a.ts";\nexport const b = a;\n' }, /absolute path/],
  [
    "bun:ffi outside of linux",
    { "packages/engine/src/a.ts": 'import { dlopen } from "bun:ffi";\nexport const a = dlopen;\n' },
    /imports bun:ffi; only packages\/linux may/,
  ],
  [
    "bun:sqlite outside of store",
    { "packages/images/src/a.ts": 'import { Database } from "bun:sqlite";\nexport const a = Database;\n' },
    /imports bun:sqlite/,
  ],
  [
    "bun:test in production code",
    { "packages/images/src/a.ts": 'import { test } from "bun:test";\nexport const a = test;\n' },
    /bun:test outside of a test/,
  ],
  [
    "a fake in production code",
    { "packages/linux/src/a.ts": 'import { fake } from "./testing/fake.ts";\nexport const a = fake;\n' },
    /for tests only/,
  ],
  [
    "SQL outside of a store file",
    { "packages/images/src/a.ts": 'export const sql = "insert into t (a) values (1)";\n' },
    /a\.ts:1 holds SQL/,
  ],
  [
    "SQL in a template",
    { "packages/images/src/a.ts": "export const sql = (t: string) => `\n  SELECT *\n  FROM ${t} WHERE a = 1`;\n" },
    /holds SQL/,
  ],
  ["a default export", { "packages/images/src/a.ts": "export default 1;\n" }, /default export/],
  ["a default export by name", { "packages/images/src/a.ts": "const a = 1;\nexport { a as default };\n" }, /default export/],
  ["an enum", { "packages/images/src/a.ts": "export enum A { B }\n" }, /enum/],
  ["a barrel that is no index.ts", { "packages/linux/src/a.ts": 'export * from "./call.ts";\n' }, /only barrel/],
  ["a long file", { "packages/images/src/a.ts": "export {};\n".repeat(401) }, /401 lines; 400/],
  ["a long test", { "packages/images/src/a.test.ts": "export {};\n".repeat(801) }, /801 lines; 800/],
  ["a file name in capitals", { "packages/images/src/myFile.ts": "export {};\n" }, /"myFile\.ts" in its path/],
  ["a folder name with an underscore", { "packages/images/src/my_dir/a.ts": "export {};\n" }, /"my_dir" in its path/],
  ["Bun.spawn", { "packages/images/src/a.ts": 'export const a = Bun.spawn(["true"]);\n' }, /starts a process by itself/],
  [
    "node:child_process",
    { "packages/images/src/a.ts": 'import { fork } from "node:child_process";\n\nexport const a = fork;\n' },
    /starts a process by itself/,
  ],
  ["new Worker", { "packages/images/src/a.ts": 'export const a = new Worker("x");\n' }, /says new Worker/],
  [
    "a Worker that is not there",
    {
      "packages/linux/src/a.ts":
        'import { openWorker } from "@berth/base";\nexport const a = openWorker("packages/linux/src/gone.worker.ts");\n',
    },
    /does not exist/,
  ],
  ["a Worker nobody opens", { "packages/images/src/idle.worker.ts": "export {};\n" }, /no openWorker/],
  [
    "a Worker by a computed path",
    { "packages/linux/src/a.ts": 'import { openWorker } from "@berth/base";\nexport const a = (path: string) => openWorker(path);\n' },
    /computed path/,
  ],
  ["work that is put off", { "packages/images/src/a.ts": "export const a = 1;\n// TO" + "DO: more\n" }, /a\.ts:2 puts work off/],
  ["a syntax error", { "packages/images/src/a.ts": "export const = 1;\n" }, /does not parse/],
  ["an unknown room", { "packages/shared/package.json": manifest("@berth/shared") }, /table of rooms does not name/],
  ["an unknown folder of sources", { "helpers/a.ts": "export {};\n" }, /no room of the table/],
  [
    "a dependency outside of the table",
    { "packages/images/package.json": manifest("@berth/images", ["@berth/runtime"]) },
    /depends on @berth\/runtime/,
  ],
  ["a wrong package name", { "packages/images/package.json": manifest("@berth/image") }, /is named @berth\/image/],
  ["a version range", { "packages/images/package.json": '{"name":"@berth/images","dependencies":{"zod":"^4.0.0"}}' }, /no exact version/],
  ["an address in a lock file", { "bun.lock": '{ "x": "https://example.test/x.tgz" }' }, /holds an address/],
];

for (const [rule, changes, expected] of cases) {
  test(`finds ${rule}`, () => {
    const found = findings(changes);
    expect(found.filter((one) => expected.test(one))).toHaveLength(1);
  });
}

test("finds packages that depend on each other in a circle", () => {
  const found = findings({
    "packages/images/package.json": manifest("@berth/images", ["@berth/store"]),
    "packages/store/package.json": manifest("@berth/store", ["@berth/images"]),
  });
  expect(found.filter((one) => one.includes("circle"))).toEqual([
    "packages/store/package.json:0 is part of a circle: @berth/store -> @berth/images -> @berth/store",
  ]);
});
