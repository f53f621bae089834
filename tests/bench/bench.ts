/**
 * Berth and a private real dockerd side by side, interleaved, on one machine: medians and ratios. `ROUNDS` says how often
 * each measurement is taken (default 15).
 */
import { existsSync, readFileSync } from "node:fs";
import os from "node:os";
import { buildBusyboxImage } from "../harness/busybox-image.ts";
import type { EngineApi } from "../harness/engine-api.ts";
import { dockerCliPath, loadImage, startBerth, startDocker, type RunningEngine } from "../harness/engines.ts";
import { openSandbox, run } from "../harness/sandbox.ts";
import { table, timeMs, type Series } from "./measure.ts";

const rounds = Number(process.env["ROUNDS"] ?? "15");
const cli = ["/usr/local/bin/docker", dockerCliPath() ?? ""].find((file) => existsSync(file)) ?? "docker";
const image = buildBusyboxImage("busybox:latest");

/** One measurement, for one engine. */
type Measurement = (engine: RunningEngine) => Promise<unknown>;

async function command(engine: RunningEngine, ...args: string[]): Promise<void> {
  const result = await run([cli, "-H", `unix://${engine.socket}`, ...args]);
  if (result.code !== 0) throw new Error(`${engine.kind}: docker ${args.join(" ")}: ${result.stderr}`);
}

async function execByApi(api: EngineApi): Promise<void> {
  const created = await api.post("/containers/idle/exec", { Cmd: ["true"], AttachStdout: true });
  const stream = await api.hijack(`/exec/${created.json<{ Id: string }>().Id}/start`, { body: {} });
  await stream.rest();
}

async function lifeByApi(api: EngineApi): Promise<void> {
  const created = await api.post("/containers/create", { Image: "busybox", Cmd: ["true"], HostConfig: { AutoRemove: true } });
  const { Id } = created.json<{ Id: string }>();
  const wait = api.post(`/containers/${Id}/wait?condition=removed`);
  await api.post(`/containers/${Id}/start`);
  await wait;
}

const measurements: Readonly<Record<string, Measurement>> = {
  "run --rm busybox true (stock CLI)": (engine) => command(engine, "run", "--rm", "busybox", "true"),
  "run --rm --network none (stock CLI)": (engine) => command(engine, "run", "--rm", "--network", "none", "busybox", "true"),
  "create, start, wait removed (API)": (engine) => lifeByApi(engine.api),
  "exec true (stock CLI)": (engine) => command(engine, "exec", "idle", "true"),
  "exec true (API)": (engine) => execByApi(engine.api),
  "ps (stock CLI)": (engine) => command(engine, "ps"),
  "8 starts at once (API)": (engine) => Promise.all(Array.from({ length: 8 }, () => lifeByApi(engine.api))),
};

/** Proportional set size of a process and all its descendants in MB; what ends meanwhile counts nothing. */
function memoryMegabytes(pid: number): number {
  try {
    const pss = /^Pss:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/smaps_rollup`, "utf8"))?.[1] ?? "0";
    const children = readFileSync(`/proc/${pid}/task/${pid}/children`, "utf8")
      .trim()
      .split(" ")
      .filter((child) => child !== "");
    return Number(pss) / 1024 + children.reduce((sum, child) => sum + memoryMegabytes(Number(child)), 0);
  } catch {
    return 0;
  }
}

const sandboxes = await Promise.all([openSandbox("bench-docker"), openSandbox("bench-berth")]);
try {
  const engines = { docker: await startDocker(sandboxes[0]), berth: await startBerth(sandboxes[1]) };
  for (const engine of Object.values(engines)) {
    await loadImage(engine, image.archive);
    await command(engine, "run", "-d", "--name", "idle", "busybox", "sleep", "3600");
  }
  const series: Series[] = [];
  for (const [name, measure] of Object.entries(measurements)) {
    const one: Series = { name, docker: [], berth: [] };
    for (let round = -2; round < rounds; round++)
      for (const kind of ["docker", "berth"] as const) {
        const ms = await timeMs(() => measure(engines[kind]));
        if (round >= 0) one[kind].push(ms); // the first two warm up
      }
    series.push(one);
  }
  const version = (await engines.docker.api.get("/version")).json<{ Version: string; ApiVersion: string }>();
  const cliVersion = (await run([cli, "--version"])).stdout.trim();
  console.log(`${new Date().toISOString().slice(0, 10)}, ${os.cpus().length} x ${os.cpus()[0]?.model ?? "?"}, Linux ${os.release()}`);
  console.log(`dockerd ${version.Version}, client: ${cliVersion}, medians of ${rounds} interleaved rounds\n`);
  console.log(table(series));
  console.log(
    `\nmemory (PSS) of the daemon and its children with one idle container: Docker ${memoryMegabytes(engines.docker.process.pid).toFixed(0)} MB, Berth ${memoryMegabytes(engines.berth.process.pid).toFixed(0)} MB`,
  );
  await Promise.all(Object.values(engines).map((engine) => engine.stop()));
} finally {
  await Promise.all(sandboxes.map((sandbox) => sandbox.close()));
}
process.exit(0);
