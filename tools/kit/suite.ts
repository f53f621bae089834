import { mkdirSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { runCommand } from "./command.ts";
import { clearLeftovers } from "./leftovers.ts";
import { bun, executable, root } from "./paths.ts";
import { line, type ProgressLines, seconds } from "./print.ts";

/** One `bun test` process: what it runs and how long it may take. */
export interface Suite {
  /** Short name, for the report and for the log's name. */
  readonly name: string;
  /** Test files or folders from the repository's root. */
  readonly paths: readonly string[];
  readonly timeoutMs: number;
  /** Limit of one test that sets none of its own. */
  readonly testTimeoutMs: number;
  /** How many files run at once; one after another unless given. */
  readonly parallel?: number;
}

/** How many tests of one or more suites passed, failed and were skipped. */
export interface Tally {
  readonly passed: number;
  readonly failed: number;
  readonly skipped: number;
}

/** The sum of two tallies. */
export function addTallies(a: Tally, b: Tally): Tally {
  return { passed: a.passed + b.passed, failed: a.failed + b.failed, skipped: a.skipped + b.skipped };
}

/**
 * The tally of a suite from its JUnit report and the way its process ended. A crash, a time limit, a file that
 * does not load and a suite without any test each count as one failed test when no test failed by itself.
 */
export function judge(report: string | null, code: number | null): Tally {
  const head = /<testsuites [^>]*>/.exec(report ?? "")?.[0] ?? "";
  const number = (name: string): number => Number(new RegExp(`\\s${name}="(\\d+)"`).exec(head)?.[1] ?? 0);
  const failed = number("failures") + number("errors");
  const skipped = number("skipped");
  const passed = Math.max(0, number("tests") - failed - skipped);
  const broken = code !== 0 || passed + failed + skipped === 0;
  return { passed, failed: broken && failed === 0 ? 1 : failed, skipped };
}

/**
 * Runs one suite in a process group and a temporary folder of its own and prints one line, and what it wrote when it failed. Mounts
 * and processes that outlive it are cleared away and count as a failure.
 */
export async function runSuite(suite: Suite, progress: ProgressLines): Promise<Tally> {
  progress.begin(suite.name);
  const logs = `${root}/.cache/test`;
  mkdirSync(logs, { recursive: true });
  // Short, because paths of unix sockets end at 107 characters.
  const temporary = mkdtempSync("/tmp/bt-");
  const reportPath = `${logs}/${suite.name.replaceAll(/[^a-z0-9]+/g, "-")}.xml`;
  rmSync(reportPath, { force: true });
  const outcome = await runCommand({
    program: bun,
    args: [
      "test",
      suite.parallel === undefined ? "--isolate" : `--parallel=${suite.parallel}`,
      `--timeout=${suite.testTimeoutMs}`,
      "--reporter=junit",
      `--reporter-outfile=${reportPath}`,
      ...suite.paths.map((path) => `./${path}`),
    ],
    timeoutMs: suite.timeoutMs,
    logPath: reportPath.replace(/xml$/, "log"),
    env: { TMPDIR: temporary, BERTH_SUITE: temporary, BERTH_EXECUTABLE: executable },
  });
  const left = clearLeftovers(temporary);
  const judged = judge(readIfThere(reportPath), outcome.code);
  const tally = left.length === 0 ? judged : addTallies(judged, { passed: 0, failed: 1, skipped: 0 });
  const skipped = tally.skipped > 0 ? `, ${tally.skipped} skipped` : "";
  const late = outcome.timedOut ? `, STOPPED after ${seconds(suite.timeoutMs)}` : "";
  progress.end(suite.name, `${tally.passed} passed, ${tally.failed} failed${skipped}, ${seconds(outcome.durationMs)}${late}`);
  if (tally.failed > 0) {
    line(onlyFailures(outcome.output));
    if (outcome.signal !== null) line(`ended by ${outcome.signal}`);
    for (const one of left) line(`left behind: ${one}`);
  }
  return tally;
}

/** What a run wrote, without the lines of tests that passed or were skipped and without the names of files that have nothing else to say. */
export function onlyFailures(output: string): string {
  const lines = output.split("\n").filter((text) => text.trim() !== "" && !/^\((pass|skip|todo)\) /.test(text));
  const isHeading = (text: string | undefined): boolean => text !== undefined && /^\S+\.(test|e2e)\.ts:$/.test(text);
  return lines.filter((text, index) => !isHeading(text) || (index + 1 < lines.length && !isHeading(lines[index + 1]))).join("\n");
}

function readIfThere(path: string): string | null {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return null;
  }
}
