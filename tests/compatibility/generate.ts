/**
 * `bun tests/compatibility/generate.ts` makes `docs/compatibility.md` anew from the committed results and the commands of this tree. With `--run` the
 * differential suite runs first and writes the results; with `--run WORDS` only the cases whose names contain the words, and with `--run new` those that
 * have no results yet; both keep the results of all others.
 */
import { writeFileSync } from "node:fs";
import path from "node:path";
import { cases } from "../differential/cases/index.ts";
import { makePage, pageFile } from "./page.ts";
import { readResults } from "./results.ts";

const [run, ...words] = process.argv.slice(2);
if (run === "--run") {
  const suite = path.resolve(import.meta.dir, "../differential");
  const asked = words.join(" ");
  const env = { ...process.env, BERTH_DIFFERENTIAL_RESULTS: "1", BERTH_DIFFERENTIAL_CASE: asked === "new" ? casesWithoutResults() : asked };
  const code = await Bun.spawn([process.execPath, "test", suite], { env, stdout: "inherit", stderr: "inherit" }).exited;
  if (code !== 0) process.exit(code);
}
writeFileSync(pageFile, await makePage());

/** The names of cases that no run has written results of; the suite takes several between bars. */
function casesWithoutResults(): string {
  const known = new Set(Object.keys(readResults().engine));
  const names = cases.map(({ name }) => name).filter((name) => !known.has(name));
  if (names.length === 0) {
    console.log("every case has results");
    process.exit(0);
  }
  return names.join("|");
}
