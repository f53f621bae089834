/**
 * Every test: the gate's checks, the layers, the unit tests, then each suite below `tests/` in a process of its own, one after another. The
 * last line is `N passed, N failed`; each check counts as one test. `ONLY=word` runs the suites whose name holds the word.
 */
import { buildCheck, checks, runChecks } from "./kit/check.ts";
import { findSuites, unitTests } from "./kit/find-suites.ts";
import { line, seconds } from "./kit/print.ts";
import { addTallies, runSuite, type Suite, type Tally } from "./kit/suite.ts";

/** All together must end before CI's own limit. */
const budgetMs = 38 * 60_000;

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
const suites: Suite[] = [unitTests, ...findSuites()].filter(({ name }) => name.includes(only));
const failed: string[] = total.failed > 0 ? ["checks"] : [];
for (const suite of suites) {
  const leftMs = budgetMs - (performance.now() - began);
  if (stopped || leftMs <= 0) {
    line(`  ${suite.name}: not run, ${stopped ? "the run was stopped" : `the ${seconds(budgetMs)} for all suites are over`}`);
    total = addTallies(total, { passed: 0, failed: 1, skipped: 0 });
    failed.push(suite.name);
    continue;
  }
  const tally = await runSuite({ ...suite, timeoutMs: Math.min(suite.timeoutMs, leftMs) });
  if (tally.failed > 0) failed.push(suite.name);
  total = addTallies(total, tally);
}
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
