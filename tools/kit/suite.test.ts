import { expect, test } from "bun:test";
import { spawn } from "node:child_process";
import { existsSync, mkdtempSync } from "node:fs";
import { runCommand } from "./command.ts";
import { findSuites, quickUnitTests } from "./find-suites.ts";
import { clearLeftovers } from "./leftovers.ts";
import { seconds } from "./print.ts";
import { addTallies, judge, onlyFailures } from "./suite.ts";

function report(tests: number, failures: number, skipped: number): string {
  return `<?xml version="1.0"?>\n<testsuites name="bun test" tests="${tests}" assertions="9" failures="${failures}" skipped="${skipped}" time="0.1">`;
}

test("a suite that ended well counts its tests", () => {
  expect(judge(report(7, 0, 2), 0)).toEqual({ passed: 5, failed: 0, skipped: 2 });
});

test("a suite with failures counts them once", () => {
  expect(judge(report(7, 3, 0), 1)).toEqual({ passed: 4, failed: 3, skipped: 0 });
});

test("a crash, a signal, a missing report and an empty suite are failures", () => {
  expect(judge(report(7, 0, 0), 1)).toEqual({ passed: 7, failed: 1, skipped: 0 });
  expect(judge(report(7, 0, 0), null)).toEqual({ passed: 7, failed: 1, skipped: 0 });
  expect(judge(null, 0)).toEqual({ passed: 0, failed: 1, skipped: 0 });
  expect(judge(report(0, 0, 0), 0)).toEqual({ passed: 0, failed: 1, skipped: 0 });
});

test("tallies add up", () => {
  expect(addTallies({ passed: 1, failed: 2, skipped: 3 }, { passed: 4, failed: 5, skipped: 6 })).toEqual({
    passed: 5,
    failed: 7,
    skipped: 9,
  });
});

test("every test file below tests/ is a suite, the layers first", () => {
  const names = findSuites().map((suite) => suite.name);
  expect(names[0]).toBe("layers-rules");
  expect(names).toContain("layers");
});

test("the gate runs the unit tests but for those that say that they are slow", () => {
  const { paths } = quickUnitTests();
  expect(paths).toContain("tools/kit/suite.test.ts");
  expect(paths).not.toContain("packages/engine/src/containers/change/change.test.ts");
});

test("a command that takes too long is ended with its children", async () => {
  const outcome = await runCommand({ program: "/bin/sh", args: ["-c", "echo started; sleep 60 & wait"], timeoutMs: 300 });
  expect(outcome.timedOut).toBe(true);
  expect(outcome.signal).toBe("SIGTERM");
  expect(outcome.output).toBe("started\n");
  expect(outcome.durationMs).toBeLessThan(5_000);
});

test("a command's code and both its streams are told", async () => {
  const outcome = await runCommand({ program: "/bin/sh", args: ["-c", "echo a; echo b >&2; exit 3"], timeoutMs: 5_000 });
  expect(outcome.code).toBe(3);
  expect(outcome.output.split("\n").sort()).toEqual(["", "a", "b"]);
});

test("a process that outlives its suite is found and ended, others are not", async () => {
  const folder = mkdtempSync("/tmp/bt-");
  const mine = spawn("sleep", ["61"], { env: { ...process.env, BERTH_SUITE: folder }, detached: true });
  const other = spawn("sleep", ["62"], { env: { ...process.env, BERTH_SUITE: `${folder}x` }, detached: true });
  const ended = new Promise<string | null>((resolve) => mine.on("exit", (_code, signal) => resolve(signal)));
  try {
    expect(clearLeftovers(folder)).toEqual([`process ${mine.pid} sleep 61`]);
    expect(await ended).toBe("SIGKILL");
    expect(other.exitCode).toBeNull();
    expect(existsSync(folder)).toBe(false);
  } finally {
    other.kill();
  }
});

test("of a failed run only what failed is shown", () => {
  const output =
    "bun test v1\n\na.test.ts:\n(pass) one [1ms]\n\nb.test.ts:\n(pass) two\nerror: no\n(fail) three\n\nc.test.ts:\n(skip) four\n";
  expect(onlyFailures(output)).toBe("bun test v1\nb.test.ts:\nerror: no\n(fail) three");
});

test("durations read as people say them", () => {
  expect(seconds(340)).toBe("0.3 s");
  expect(seconds(12_400)).toBe("12 s");
  expect(seconds(200_000)).toBe("3 min 20 s");
});
