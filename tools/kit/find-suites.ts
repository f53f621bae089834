import { readdirSync, readFileSync } from "node:fs";
import { root } from "./paths.ts";
import type { Suite } from "./suite.ts";

const minute = 60_000;

/** The unit tests of all rooms and of the tools, one run. */
export const unitTests: Suite = {
  name: "unit tests",
  paths: ["packages", "apps", "tools"],
  timeoutMs: 5 * minute,
  testTimeoutMs: 20_000,
};

/** The unit tests without the files that begin with the line `// slow`: those are left to `make test`. */
export function quickUnitTests(): Suite {
  const files = unitTests.paths.flatMap(walk);
  return { ...unitTests, paths: files.filter((path) => !readFileSync(`${root}/${path}`, "utf8").startsWith("// slow\n")) };
}

/**
 * Every `*.test.ts` and `*.e2e.ts` below `tests/` as a suite of its own: the layers first, then the smoke test, then
 * the others by name. A suite may take 8 minutes, or what a line `// time limit: N minutes` in it says.
 */
export function findSuites(): Suite[] {
  const paths = walk("tests").sort((a, b) => rank(a) - rank(b) || (a < b ? -1 : 1));
  return paths.map((path) => {
    const limit = /^\/\/ time limit: (\d+) minutes$/m.exec(readFileSync(`${root}/${path}`, "utf8"))?.[1];
    return {
      name: path.replace(/^tests\//, "").replace(/\.(test|e2e)\.ts$/, ""),
      paths: [path],
      timeoutMs: Number(limit ?? 8) * minute,
      testTimeoutMs: minute,
    };
  });
}

function walk(folder: string): string[] {
  const found: string[] = [];
  for (const item of readdirSync(`${root}/${folder}`, { withFileTypes: true })) {
    if (item.name === "node_modules") continue;
    if (item.isDirectory()) found.push(...walk(`${folder}/${item.name}`));
    else if (/\.(test|e2e)\.ts$/.test(item.name)) found.push(`${folder}/${item.name}`);
  }
  return found;
}

/** Quick suites that the others build on come first. */
function rank(path: string): number {
  if (path.startsWith("tests/layers")) return 0;
  return path.startsWith("tests/smoke/") ? 1 : 2;
}
