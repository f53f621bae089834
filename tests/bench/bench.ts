/**
 * Berth, a private real dockerd and a private podman side by side, interleaved, on one machine.
 *
 *     bun tests/bench/bench.ts [--only "run exec"] [--engines "docker berth"] [--rounds 12] [--format text|json|markdown] [--tiny]
 *     bun tests/bench/bench.ts --markdown [FILE]     the table of the last result, for SPECIFICATION.md
 *     bun tests/bench/bench.ts --list                which measurements there are
 *
 * The table goes to stdout, progress to stderr, and the result as JSON to `.cache/bench/latest.json` (`--output`).
 */
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import { Progress } from "./kit/progress.ts";
import { type Options, readOptions } from "./options.ts";
import type { BenchResult } from "./report/result.ts";
import { markdown, plainText } from "./report/table.ts";
import { runBench } from "./run-bench.ts";

const write: Readonly<Record<Options["format"], (result: BenchResult) => string>> = {
  text: plainText,
  markdown,
  json: (result) => JSON.stringify(result, null, 2),
};

async function main(options: Options): Promise<number> {
  if (options.list) {
    for (const { word, about } of options.measurements) console.log(`${word.padEnd(8)} ${about}`);
    return 0;
  }
  if (options.markdownOf !== null) {
    console.log(markdown(JSON.parse(readFileSync(options.markdownOf, "utf8")) as BenchResult));
    return 0;
  }
  const load = os.loadavg()[0] ?? 0;
  if (load > os.cpus().length / 2) {
    console.error(`The machine is busy (load ${load.toFixed(1)} on ${os.cpus().length} cores): ratios will be rough, times wrong.`);
  }
  const stop = new AbortController();
  for (const name of ["SIGINT", "SIGTERM", "SIGHUP"] as const) {
    process.on(name, () => {
      // The second time it ends at once; the sandboxes end with this process.
      if (stop.signal.aborted) process.exit(130);
      console.error("\nstopping, and cleaning up");
      stop.abort();
    });
  }
  const result = await runBench({ ...options, progress: new Progress(), signal: stop.signal });
  console.log(write[options.format](result));
  if (stop.signal.aborted) return 130;
  mkdirSync(path.dirname(options.output), { recursive: true });
  writeFileSync(options.output, `${JSON.stringify(result, null, 2)}\n`);
  console.error(`kept in ${options.output}`);
  return result.rows.some((row) => row.engines.berth?.failed !== undefined) ? 1 : 0;
}

try {
  process.exit(await main(readOptions(process.argv.slice(2))));
} catch (error) {
  console.error(`bench: ${error instanceof Error ? error.message : String(error)}`);
  process.exit(2);
}
