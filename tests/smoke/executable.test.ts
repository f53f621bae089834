import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";

const repository = resolve(import.meta.dir, "../..");
const berth = join(repository, "dist/berth");

/** A folder in which everything that a JavaScript runtime might load leaves a file behind when it runs. */
let hostile = "";
let marks = "";

beforeAll(() => {
  hostile = mkdtempSync(join(tmpdir(), "hostile-"));
  marks = join(hostile, "marks");
  mkdirSync(marks);
  const leaveMark = (name: string): string => `require("node:fs").writeFileSync(${JSON.stringify(join(marks, name))}, "ran");\n`;
  const put = (path: string, text: string): void => {
    mkdirSync(join(hostile, path, ".."), { recursive: true });
    writeFileSync(join(hostile, path), text);
  };
  put("preload.js", leaveMark("preload"));
  put("bunfig.toml", 'preload = ["./preload.js"]\n[run]\npreload = ["./preload.js"]\n[define]\n"process.env.BERTH_FROM_BUNFIG" = "1"\n');
  for (const name of [".env", ".env.local", ".env.production", ".env.development"]) {
    put(
      name,
      `BERTH_FROM_DOTENV=1\nDOCKER_HOST=tcp://127.0.0.1:1\nBUN_OPTIONS=--preload=${join(hostile, "preload.js")}\nNODE_OPTIONS=--require=./preload.js\n`,
    );
  }
  put("package.json", JSON.stringify({ name: "hostile", type: "module", main: "./preload.js", imports: { "#x": "./preload.js" } }));
  put("tsconfig.json", JSON.stringify({ compilerOptions: { baseUrl: ".", paths: { "@berth/*": ["./preload.js"] } } }));
  put("index.js", leaveMark("index"));
  for (const path of workersInTree()) {
    put(path, leaveMark("worker-source"));
    put(path.replace(/\.ts$/, ".js"), leaveMark("worker"));
  }
  for (const room of readdirSync(join(repository, "packages"))) {
    put(`packages/${room}/src/index.ts`, leaveMark("room"));
    put(`node_modules/@berth/${room}/index.js`, leaveMark("module"));
    put(`node_modules/@berth/${room}/package.json`, JSON.stringify({ name: `@berth/${room}`, main: "index.js" }));
  }
  put("apps/berth/src/main.ts", leaveMark("main"));
});

afterAll(() => rmSync(hostile, { recursive: true, force: true }));

/** Worker files that belong into the executable. */
function workersInTree(): string[] {
  return [...new Bun.Glob("{packages,apps}/*/src/**/*.worker.ts").scanSync({ cwd: repository })]
    .filter((path) => !path.includes("/testing/"))
    .sort();
}

function run(...args: string[]): { code: number | null; output: string } {
  // A short environment: what the folder's .env says must not be hidden by the same names set here.
  const result = spawnSync(berth, args, { cwd: hostile, env: { PATH: "/usr/bin:/bin", HOME: hostile }, encoding: "utf8", timeout: 60_000 });
  return { code: result.status, output: result.stdout + result.stderr };
}

describe("dist/berth in a hostile folder", () => {
  test("the traps would catch a runtime that loads them", () => {
    spawnSync(process.execPath, ["index.js"], { cwd: hostile, env: { PATH: "/usr/bin:/bin" }, timeout: 60_000 });
    expect(readdirSync(marks).sort()).toEqual(["index", "preload"]);
    for (const mark of readdirSync(marks)) rmSync(join(marks, mark));
  });

  test("exists", () => {
    expect(existsSync(berth)).toBe(true);
  });

  test("says its version and runs nothing of the folder", () => {
    const { code, output } = run("--version");
    expect(output).toMatch(/\d+\.\d+\.\d+/);
    expect(code).toBe(0);
    expect(readdirSync(marks)).toEqual([]);
  });

  test("starts every Worker of the tree, each from inside of the executable", () => {
    const { code, output } = run("debug", "workers");
    expect(output.trim().split("\n").sort()).toEqual(workersInTree().map((path) => `${path} ok`));
    expect(code).toBe(0);
    expect(readdirSync(marks)).toEqual([]);
  });

  test("does not take its environment from the folder's .env", () => {
    const { output } = run("debug", "environment");
    expect(output).toContain("HOME\n");
    expect(output).not.toContain("BERTH_FROM_DOTENV");
    expect(output).not.toContain("DOCKER_HOST");
  });

  test("starts within 50 ms", () => {
    run("--version");
    const times = Array.from({ length: 9 }, () => {
      const began = performance.now();
      run("--version");
      return performance.now() - began;
    }).sort((a, b) => a - b);
    expect(times[4]).toBeLessThan(50);
  });
});
