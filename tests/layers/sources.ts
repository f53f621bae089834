import { posix } from "node:path";
import type { Finding } from "./finding.ts";
import { type Manifest, readManifests } from "./manifests.ts";
import { type Scan, scan } from "./scan.ts";
import { type Room, reservedModules } from "./table.ts";
import type { Tree } from "./tree.ts";

/** Longest source file and longest test file, in lines. */
const longestSource = 400;
const longestTest = 800;

/** The only file that says `new Worker`; everybody else calls its `openWorker`. */
const workerOpener = "packages/base/src/worker.ts";

/** The only folder of the packages that starts processes: the daemon's orphan reaper must know of each. */
const childSpawner = "packages/linux/src/children/";

/** Checks every TypeScript file against the rules of its room. */
export function checkSources(tree: Tree, rooms: ReadonlyMap<string, Room>): Finding[] {
  const findings: Finding[] = [];
  const manifests = readManifests(tree, rooms);
  const opened = new Set<string>();
  for (const [path, text] of tree) {
    if (!/\.tsx?$/.test(path)) continue;
    const room = roomOf(path, rooms);
    if (room === null) {
      findings.push({ path, line: 0, message: "belongs to no room of the table" });
      continue;
    }
    const report = (line: number, message: string): void => void findings.push({ path, line, message });
    const found = scan(path, text);
    if (found.syntaxError !== null) report(0, `does not parse: ${found.syntaxError}`);
    checkForm(path, found, report);
    for (const { specifier, line } of found.imports) {
      const problem = importProblem({ path, specifier, room, manifest: manifests.get(room.folder), tree });
      if (problem !== null) report(line, problem);
    }
    if (!isTest(path))
      for (const line of found.computedImports) report(line, "imports a module by a computed name, which cannot be checked");
    for (const { path: worker, line } of found.openWorkers) {
      if (worker === null) {
        if (path !== workerOpener && room.folder !== "apps/berth" && room.folder !== "tests")
          report(line, "opens a Worker by a computed path, which cannot be checked");
        continue;
      }
      opened.add(worker);
      if (!tree.has(worker)) report(line, `opens the Worker ${worker}, which does not exist`);
      if (!worker.startsWith(`${room.folder}/`) && !isTest(path)) report(line, `opens the Worker ${worker} of another room`);
      if (!worker.endsWith(".worker.ts"))
        report(line, `opens ${worker}, whose name does not end in .worker.ts, so that the build misses it`);
    }
  }
  for (const path of tree.keys()) {
    if (path.endsWith(".worker.ts") && !opened.has(path))
      findings.push({ path, line: 0, message: "is a Worker that no openWorker(…) opens" });
  }
  return findings;
}

/** Rules that one file can be judged by alone. */
function checkForm(path: string, found: Scan, report: (line: number, message: string) => void): void {
  const limit = isTest(path) || path.startsWith("tests/") ? longestTest : longestSource;
  if (found.lines > limit) report(0, `has ${found.lines} lines; ${limit} is the most`);
  const odd = path.split("/").find((part, index, all) => !(index === all.length - 1 ? kebabFile : kebabFolder).test(part));
  if (odd !== undefined) report(0, `has "${odd}" in its path; names are kebab-case`);
  for (const line of found.defaultExports) report(line, "has a default export; export by name");
  for (const line of found.enums) report(line, "declares an enum; use a union of strings");
  for (const line of found.unfinished) report(line, "puts work off in a comment; do it, or say in the documents what is missing");
  if (!path.endsWith("/index.ts")) {
    for (const { line, reExport } of found.imports) if (reExport) report(line, "re-exports; index.ts is the only barrel");
  }
  if (path !== workerOpener) for (const line of found.newWorkers) report(line, "says new Worker; call openWorker of @berth/base");
  if (path.startsWith("packages/") && !path.startsWith(childSpawner) && !isTest(path)) {
    const loads = found.imports.filter(({ specifier }) => specifier === "node:child_process").map(({ line }) => line);
    for (const line of [...found.spawns, ...loads]) report(line, "starts a process by itself; call spawnChild of @berth/linux");
  }
  const mayHoldSql = path.endsWith(".store.ts") || path.startsWith("packages/store/") || path.startsWith("tests/") || isTest(path);
  if (!mayHoldSql) for (const line of found.sql) report(line, "holds SQL outside of a *.store.ts file");
}

const kebabFolder = /^[a-z0-9]+(-[a-z0-9]+)*$/;
const kebabFile = /^[a-z0-9]+(-[a-z0-9]+)*(\.[a-z0-9]+(-[a-z0-9]+)*)*\.tsx?$/;

interface ImportCase {
  readonly path: string;
  readonly specifier: string;
  readonly room: Room;
  readonly manifest: Manifest | undefined;
  readonly tree: Tree;
}

/** Why a file may not import a module; null when it may. */
function importProblem({ path, specifier, room, manifest, tree }: ImportCase): string | null {
  if (specifier.startsWith(".")) {
    const target = posix.join(posix.dirname(path), specifier);
    if (target !== room.folder && !target.startsWith(`${room.folder}/`)) return `imports ${specifier}, which leaves ${room.folder}`;
    if (!/\.[a-z]+$/.test(specifier)) return `imports ${specifier} without its ending`;
    if (/\.tsx?$/.test(target) && !tree.has(target)) return `imports ${specifier}, which does not exist`;
    if (isTest(target) && !isTest(path) && room.folder !== "tests") return `imports ${specifier}, which is for tests only`;
    return null;
  }
  if (specifier.startsWith("/")) return `imports the absolute path ${specifier}`;
  const reserved = reservedModules[packageOf(specifier)];
  if (reserved !== undefined && !reserved.includes(room.folder)) return `imports ${specifier}; only ${reserved.join(", ")} may`;
  if (specifier === "bun:test") return isTest(path) || room.folder === "tests" ? null : "imports bun:test outside of a test";
  if (/^(node|bun):/.test(specifier) || specifier === "bun") return null;
  const name = packageOf(specifier);
  if (name === room.name) return `imports its own package ${name}; use a relative path`;
  if (name.startsWith("@berth/")) {
    if (!room.mayImport.includes(name)) return `imports ${name}, which ${room.folder} may not`;
    if (specifier.endsWith("/testing") && !isTest(path) && room.folder !== "tests") return `imports ${specifier} outside of a test`;
  }
  if (manifest !== undefined && !manifest.dependencies.has(name))
    return `imports ${name}, which ${room.folder}/package.json does not declare`;
  if (manifest === undefined) return `imports ${name}; ${room.folder} is no package and uses built-in modules only`;
  return null;
}

/** Test files, and the folders of fakes and contract suites. */
function isTest(path: string): boolean {
  return /\.(test|e2e)\.tsx?$/.test(path) || path.includes("/testing/");
}

function packageOf(specifier: string): string {
  const parts = specifier.split("/");
  return specifier.startsWith("@") ? parts.slice(0, 2).join("/") : (parts[0] ?? specifier);
}

function roomOf(path: string, rooms: ReadonlyMap<string, Room>): Room | null {
  const parts = path.split("/");
  return rooms.get(parts.slice(0, 2).join("/")) ?? rooms.get(parts[0] ?? "") ?? null;
}
