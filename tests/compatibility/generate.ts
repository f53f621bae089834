/**
 * `bun tests/compatibility/generate.ts` makes `docs/compatibility.md` anew from the committed results and the commands of this tree. With `--run` the
 * differential suite runs first and writes the results; with `--run WORDS` only the cases whose names contain the words, which keeps the results of all others.
 */
import { writeFileSync } from "node:fs";
import path from "node:path";
import { makePage, pageFile } from "./page.ts";

const [run, ...words] = process.argv.slice(2);
if (run === "--run") {
  const suite = path.resolve(import.meta.dir, "../differential");
  const env = { ...process.env, BERTH_DIFFERENTIAL_RESULTS: "1", BERTH_DIFFERENTIAL_CASE: words.join(" ") };
  const code = await Bun.spawn([process.execPath, "test", suite], { env, stdout: "inherit", stderr: "inherit" }).exited;
  if (code !== 0) process.exit(code);
}
writeFileSync(pageFile, await makePage());
