/**
 * Every test: the gate's checks, the layers, the unit tests, then each suite below `tests/` in a process of its own, two at a time: most of
 * them wait for programs, and each has a sandbox. The last line is `N passed, N failed`; each check counts as one test. `ONLY=word` runs the suites whose name holds the word.
 */
import { buildCheck, checks, runChecks } from "./kit/check.ts";
import { findSuites, unitTests } from "./kit/find-suites.ts";
import { line, ProgressLines, seconds } from "./kit/print.ts";
import { addTallies, runSuite, type Suite, type Tally } from "./kit/suite.ts";

/** All together must end before CI's own limit. */
const budgetMs = 38 * 60_000;

/** Suites that run side by side. */
const lanes = 2;

const began = performance.now();
const only = process.env["ONLY"] ?? "";
let total: Tally = { passed: 0, failed: 0, skipped: 0 };
let stopped = false;
process.on("SIGINT", () => {
  stopped = true;
});
process.on("SIGTERM", () => {
  stopped = true;
});

line("checks");
total = addTallies(total, await runChecks(only === "" ? [buildCheck, ...checks] : [buildCheck]));
line("suites");
const suites = [{ ...unitTests, parallel: lanes }, ...findSuites()].filter(({ name }) => name.includes(only));
const failed: string[] = total.failed > 0 ? ["checks"] : [];
const progress = new ProgressLines();
// The unit tests use both cores by themselves.
await runLane(suites.filter(({ name }) => name === unitTests.name));
const others = suites.filter(({ name }) => name !== unitTests.name);
await Promise.all(Array.from({ length: lanes }, () => runLane(others)));
if (suites.length === 0) {
  line(`  no suite has "${only}" in its name`);
  total = addTallies(total, { passed: 0, failed: 1, skipped: 0 });
}
line();
if (failed.length > 0) line(`failed: ${failed.join(", ")} (what they wrote is in .cache/test/)`);
if (total.skipped > 0) line(`${total.skipped} skipped`);
line(`all suites took ${seconds(performance.now() - began)}`);
line(`${total.passed} passed, ${total.failed} failed`);
process.exit(total.failed === 0 && total.passed > 0 ? 0 : 1);

/** Runs what waits until nothing does; other lanes take from the same list. */
async function runLane(waiting: Suite[]): Promise<void> {
  for (let suite = waiting.shift(); suite !== undefined; suite = waiting.shift()) {
    const tally = await runOrRefuse(suite);
    total = addTallies(total, tally);
    if (tally.failed > 0) failed.push(suite.name);
  }
}

async function runOrRefuse(suite: Suite): Promise<Tally> {
  const leftMs = budgetMs - (performance.now() - began);
  if (!stopped && leftMs > 0) return runSuite({ ...suite, timeoutMs: Math.min(suite.timeoutMs, leftMs) }, progress);
  line(`  ${suite.name}: not run, ${stopped ? "the run was stopped" : `the ${seconds(budgetMs)} for all suites are over`}`);
  return { passed: 0, failed: 1, skipped: 0 };
}
