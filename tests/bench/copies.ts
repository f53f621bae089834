/**
 * Copies of many small files into and out of a container, Berth and a private real dockerd in turn: by the API alone, and by each
 * one's own command line; how long it takes, and the processor time of client and engine together, which other work on the machine
 * changes less. `FILES` says how many files (default 20000), `ROUNDS` how often each is measured (default 5).
 */
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import { buildBusyboxImage, directory, file, tar } from "../harness/busybox-image.ts";
import { berthCommand, dockerCliPath, loadImage, startBerth, startDocker, type RunningEngine } from "../harness/engines.ts";
import { openSandbox, run } from "../harness/sandbox.ts";
import { median, timeMs } from "./kit/statistics.ts";

const rounds = Number(process.env["ROUNDS"] ?? "5");
const files = Number(process.env["FILES"] ?? "20000");
const filesPerFolder = 100;
const dockerCli = ["/usr/local/bin/docker", dockerCliPath() ?? ""].find((found) => existsSync(found)) ?? "docker";

/** Times of one measurement in milliseconds. */
interface Series {
  readonly name: string;
  readonly docker: number[];
  readonly berth: number[];
}

/** Medians and ratios. */
function table(series: readonly Series[]): string {
  const line = (cells: readonly string[]): string => cells.map((cell, at) => (at === 0 ? cell.padEnd(34) : cell.padStart(12))).join("");
  const rows = series.map(({ name, docker, berth }) => {
    const [theirs, ours] = [median(docker), median(berth)];
    return line([name, `${theirs.toFixed(0)} ms`, `${ours.toFixed(0)} ms`, (ours / theirs).toFixed(2)]);
  });
  return [line(["what", "Docker", "Berth", "ratio"]), ...rows].join("\n");
}

interface SmallFile {
  readonly path: string;
  readonly bytes: Buffer;
}

/** Files of 0 to 4,000 bytes, the same at every call. */
const sample: readonly SmallFile[] = Array.from({ length: files }, (_, number) => ({
  path: `many/d${Math.floor(number / filesPerFolder)}/f${number}`,
  bytes: Buffer.alloc((number * 7919) % 4001, `file ${number} `),
}));
const folders = ["many/", ...new Set(sample.map((one) => `${path.dirname(one.path)}/`))];
const archive = tar([...folders.map((name) => directory(name)), ...sample.map((one) => file(one.path, one.bytes))]);

async function command(engine: RunningEngine, ...args: string[]): Promise<void> {
  const program = engine.kind === "berth" ? berthCommand() : dockerCli;
  const result = await run([program, "-H", `unix://${engine.socket}`, ...args]);
  if (result.code !== 0) throw new Error(`${engine.kind} ${args.join(" ")}: ${result.stderr}`);
}

async function put(engine: RunningEngine, where: string): Promise<void> {
  const headers = { "Content-Type": "application/x-tar" };
  const answer = await engine.api.request(`/containers/idle/archive?path=${where}`, { method: "PUT", raw: archive, headers });
  if (answer.status !== 200) throw new Error(`${engine.kind}: ${answer.status} ${answer.text}`);
}

async function get(engine: RunningEngine): Promise<void> {
  const answer = await engine.api.get("/containers/idle/archive?path=/sample/many");
  if (answer.status !== 200 || answer.body.length < archive.length)
    throw new Error(`${engine.kind}: ${answer.status}, ${answer.body.length} bytes`);
}

interface Cost {
  readonly ms: number;
  readonly processorMs: number;
}

async function costOf(engine: RunningEngine, copy: () => Promise<void>): Promise<Cost> {
  // The API's client is this process, the same for both; a command line is a child of it.
  const spent = (): number => processorMs(engine.process.pid, true) + processorMs(process.pid, false);
  const before = spent();
  const ms = await timeMs(copy);
  return { ms, processorMs: spent() - before };
}

/** Processor time of a process's children that have ended (proc(5), in hundredths of a second), with its own or without. */
function processorMs(pid: number, own: boolean): number {
  const text = readFileSync(`/proc/${pid}/stat`, "utf8");
  const fields = text
    .slice(text.lastIndexOf(")") + 2)
    .split(" ")
    .map(Number);
  return [...(own ? [11, 12] : []), 13, 14].reduce((sum, field) => sum + (fields[field] ?? 0), 0) * 10;
}

const work = path.join(os.tmpdir(), `berth-copies-${process.pid}`);
const sandboxes = await Promise.all([openSandbox("copies-docker"), openSandbox("copies-berth")]);
try {
  for (const name of folders) mkdirSync(path.join(work, name), { recursive: true });
  for (const one of sample) writeFileSync(path.join(work, one.path), one.bytes);
  const engines = { docker: await startDocker(sandboxes[0]), berth: await startBerth(sandboxes[1]) };
  const image = buildBusyboxImage("busybox:latest");
  for (const engine of Object.values(engines)) {
    await loadImage(engine, image.archive);
    await command(engine, "run", "-d", "--network", "none", "--name", "idle", "busybox", "sleep", "36000");
    await command(engine, "exec", "idle", "mkdir", "/sample");
    await put(engine, "/sample");
  }
  let turn = 0;
  const inTurn = async (engine: RunningEngine, copy: (folder: string) => Promise<void>): Promise<Cost> => {
    const folder = `/turn-${turn++}`;
    await command(engine, "exec", "idle", "mkdir", folder);
    const cost = await costOf(engine, () => copy(folder));
    await command(engine, "exec", "idle", "rm", "-rf", folder);
    return cost;
  };
  const measurements: Readonly<Record<string, (engine: RunningEngine) => Promise<Cost>>> = {
    "PUT archive (API)": (engine) => inTurn(engine, (folder) => put(engine, folder)),
    "GET archive (API)": (engine) => costOf(engine, () => get(engine)),
    "cp into a container (own CLI)": (engine) =>
      inTurn(engine, (folder) => command(engine, "cp", path.join(work, "many"), `idle:${folder}`)),
    "cp out of a container (own CLI)": async (engine) => {
      const cost = await costOf(engine, () => command(engine, "cp", "idle:/sample/many", path.join(work, "out")));
      rmSync(path.join(work, "out"), { recursive: true });
      return cost;
    },
  };
  const series: Series[] = [];
  const processor: Series[] = [];
  for (const [name, measure] of Object.entries(measurements)) {
    const [one, spent]: Series[] = [0, 1].map(() => ({ name, docker: [], berth: [] }));
    if (one === undefined || spent === undefined) continue;
    for (let round = -1; round < rounds; round++)
      for (const kind of ["docker", "berth"] as const) {
        const found = await measure(engines[kind]);
        if (round < 0) continue; // the first warms up
        one[kind].push(found.ms);
        spent[kind].push(found.processorMs);
      }
    series.push(one);
    processor.push(spent);
  }
  console.log(`${files} files, ${(archive.length / 1e6).toFixed(0)} MB, medians of ${rounds} interleaved rounds\n`);
  console.log(table(series));
  console.log(`\nprocessor time\n\n${table(processor)}`);
  await Promise.all(Object.values(engines).map((engine) => engine.stop()));
} finally {
  rmSync(work, { recursive: true, force: true });
  await Promise.all(sandboxes.map((sandbox) => sandbox.close()));
}
process.exit(0);
