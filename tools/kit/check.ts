import { type Command, runCommand } from "./command.ts";
import { bun, root } from "./paths.ts";
import { beginLine, endLine, seconds } from "./print.ts";
import type { Tally } from "./suite.ts";

/** One part of the gate. */
export interface Check {
  readonly title: string;
  readonly command: Command;
}

const bin = `${root}/node_modules/.bin`;

/** What `make ok` checks besides the unit tests, in order; each reads the whole tree. */
export const checks: readonly Check[] = [
  tool("format (biome)", [`${bin}/biome`, "format", "--no-errors-on-unmatched", "."]),
  tool("lint (oxlint, type-aware)", [`${bin}/oxlint`, "--type-aware", "packages", "apps", "tests", "tools"]),
  tool("types (tsc)", [`${bin}/tsc`, "--noEmit"]),
  tool("unused code (knip)", [`${bin}/knip`, "--no-progress", "--no-config-hints"]),
];

function tool(title: string, args: readonly string[]): Check {
  return { title, command: { program: bun, args, timeoutMs: 120_000 } };
}

/** `make build`, as a part of a test run: a tree that does not build is a failure like any other. */
export const buildCheck: Check = tool("build dist/berth", ["tools/build.ts"]);

/** Runs checks one after another, each with a line of its own and counted as one test. */
export async function runChecks(which: readonly Check[]): Promise<Tally> {
  let passed = 0;
  for (const { title, command } of which) {
    beginLine(title);
    const outcome = await runCommand(command);
    endLine(`${outcome.code === 0 ? "ok" : outcome.timedOut ? "TOOK TOO LONG" : "FAILED"}, ${seconds(outcome.durationMs)}`);
    if (outcome.code === 0) passed++;
    else process.stdout.write(`${outcome.output.trimEnd()}\n`);
  }
  return { passed, failed: which.length - passed, skipped: 0 };
}
