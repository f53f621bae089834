/**
 * Makes `dist/berth`, one executable with every Worker as an entry point of its own. A tree that has not changed
 * since the last time is not built again.
 */
import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from "node:fs";
import { runCommand } from "./kit/command.ts";
import { bun, executable, root } from "./kit/paths.ts";
import { beginLine, endLine, seconds } from "./kit/print.ts";

const entry = "apps/berth/src/main.ts";

/** Files below `folder` that can end up in the executable, as sorted paths from the root. */
function inputs(folder: string): string[] {
  const found: string[] = [];
  for (const item of readdirSync(`${root}/${folder}`, { withFileTypes: true })) {
    const path = `${folder}/${item.name}`;
    if (item.isDirectory()) {
      if (item.name !== "node_modules" && item.name !== "testing") found.push(...inputs(path));
    } else if (!item.name.endsWith(".test.ts")) found.push(path);
  }
  return found.sort();
}

function git(...args: string[]): string {
  const { status, stdout } = spawnSync("git", args, { cwd: root, encoding: "utf8" });
  return status === 0 ? stdout.trim() : "";
}

/** The commit, with `-dirty` when a file that is built differs from it. */
function commit(): string {
  const id = git("rev-parse", "--short=12", "HEAD");
  if (id === "") return "unknown";
  return git("status", "--porcelain", "--", "packages", "apps", "bun.lock") === "" ? id : `${id}-dirty`;
}

const files = [...inputs("packages"), ...inputs("apps")];
const workers = files.filter((path) => path.endsWith(".worker.ts"));
const { version } = JSON.parse(readFileSync(`${root}/package.json`, "utf8")) as { version: string };
const defines: Readonly<Record<string, unknown>> = {
  BERTH_VERSION: version,
  BERTH_COMMIT: commit(),
  BERTH_BUILD_TIME: git("log", "-1", "--format=%cI"),
  BERTH_WORKERS: workers,
};
const flags = [
  "build",
  "--compile",
  "--minify",
  "--bytecode",
  "--format=esm",
  "--splitting",
  "--no-compile-autoload-dotenv",
  "--no-compile-autoload-bunfig",
  "--root",
  ".",
  ...Object.entries(defines).flatMap(([name, value]) => ["--define", `${name}=${JSON.stringify(value)}`]),
];

const hash = createHash("sha256").update(Bun.version).update(flags.join("\0"));
for (const path of [...files, "bun.lock", "bunfig.toml"])
  hash
    .update(path)
    .update("\0")
    .update(readFileSync(`${root}/${path}`))
    .update("\0");
const sum = hash.digest("hex");
const stamp = `${root}/.cache/build.stamp`;

beginLine("build dist/berth");
if (existsSync(executable) && existsSync(stamp) && readFileSync(stamp, "utf8") === sum) {
  endLine("is up to date");
  process.exit(0);
}
mkdirSync(`${root}/dist`, { recursive: true });
mkdirSync(`${root}/.cache`, { recursive: true });
// Built beside and renamed: the old executable may be running.
const made = `${root}/dist/berth.${process.pid}`;
const outcome = await runCommand({ program: bun, args: [...flags, "--outfile", made, entry, ...workers], timeoutMs: 300_000 });
if (outcome.code !== 0 || !existsSync(made)) {
  endLine("failed");
  process.stderr.write(outcome.output);
  rmSync(made, { force: true });
  process.exit(1);
}
renameSync(made, executable);
writeFileSync(stamp, sum);
endLine(`${seconds(outcome.durationMs)}, ${Math.round(statSync(executable).size / 1e6)} MB, ${workers.length} workers`);
