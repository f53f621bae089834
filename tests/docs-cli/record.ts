/**
 * `bun tests/docs-cli/record.ts` runs the examples of all pages in `docs/cli` and keeps their outputs in `docs/cli/outputs.json`; with a word only those of
 * pages whose file contains it. Outputs that differ in nothing but ids, times and sizes stay as they are. The pages are made anew from them.
 */
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { plainOutput } from "./same-output.ts";

type Outputs = Record<string, { line: string; output: string }[]>;

/** Longer outputs are cut here; the whole is what the reader sees who types the line. */
const shownLines = 16;

const root = path.resolve(import.meta.dir, "../..");
const file = path.join(root, "docs/cli/outputs.json");
const generator = path.join(root, "apps/berth/src/reference/generate.ts");

await run([generator], {});
const folder = mkdtempSync(path.join(tmpdir(), "berth-record-"));
try {
  const recorded = path.join(folder, "outputs.json");
  const env = { BERTH_DOCS_RECORD: recorded, BERTH_DOCS_PAGE: `docs/cli/${process.argv[2] ?? ""}` };
  const code = await run(["test", path.join(import.meta.dir, "pages.test.ts")], env);
  if (existsSync(recorded)) keep(JSON.parse(readFileSync(recorded, "utf8")) as Outputs);
  await run([generator], {});
  process.exitCode = code;
} finally {
  rmSync(folder, { recursive: true });
}

function cut(output: string): string {
  const lines = output.replace(/\n$/, "").split("\n");
  return lines.length > shownLines ? `${lines.slice(0, shownLines).join("\n")}\n…\n` : output;
}

function keep(recorded: Outputs): void {
  const before = JSON.parse(readFileSync(file, "utf8")) as Outputs;
  for (const [page, outputs] of Object.entries(recorded)) {
    const old = before[page] ?? [];
    before[page] = outputs.map(({ line, output }) => {
      const one = { line, output: cut(output) };
      return old.find((other) => isSame(one, other)) ?? one;
    });
  }
  const pages = Object.entries(before).filter(
    ([page, outputs]) => outputs.length > 0 && existsSync(path.join(root, `docs/cli/${page}.md`)),
  );
  writeFileSync(file, `${JSON.stringify(Object.fromEntries(pages.sort(([one], [other]) => (one < other ? -1 : 1))), null, 2)}\n`);
}

function isSame(one: Outputs[string][number], other: Outputs[string][number]): boolean {
  return one.line === other.line && plainOutput(one.line, one.output) === plainOutput(other.line, other.output);
}

function run(args: readonly string[], env: Readonly<Record<string, string>>): Promise<number> {
  return Bun.spawn([process.execPath, ...args], { env: { ...process.env, ...env }, stdout: "inherit", stderr: "inherit" }).exited;
}
