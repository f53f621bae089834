/** The gate: format, lint, types, unused code, layers, and the unit tests that are quick. */
import { checks, runChecks } from "./kit/check.ts";
import { findSuites, quickUnitTests } from "./kit/find-suites.ts";
import { line, ProgressLines, seconds } from "./kit/print.ts";
import { addTallies, runSuite, type Tally } from "./kit/suite.ts";

const began = performance.now();
const checked = await runChecks(checks);
const progress = new ProgressLines();
let tally: Tally = { passed: 0, failed: 0, skipped: 0 };
for (const suite of [...findSuites().filter(({ name }) => name.startsWith("layers")), { ...quickUnitTests(), parallel: 2 }]) {
  tally = addTallies(tally, await runSuite(suite, progress));
}
const good = checked.failed === 0 && tally.failed === 0 && tally.passed > 0;
line(`${good ? "ok" : "NOT ok"}, ${tally.passed} tests passed, ${tally.failed} failed, ${seconds(performance.now() - began)}`);
process.exit(good ? 0 : 1);
