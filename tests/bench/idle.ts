/**
 * Many idle containers at once: how fast they start, what they take, and how the daemon lives with them; Berth first, then a
 * private real dockerd with as many as its share of the machine allows. `IDLE` says how many Berth holds (default 1000),
 * `IDLE_DOCKER` how many Docker (default 150, 0 leaves it out), `IDLE_NETWORK` in which network (default `none`; a Linux bridge
 * holds 1,023 ports).
 */
import os from "node:os";
import { buildBusyboxImage } from "../harness/busybox-image.ts";
import { loadImage, startBerth, startDocker, type RunningEngine } from "../harness/engines.ts";
import { openSandbox, type Sandbox } from "../harness/sandbox.ts";
import { stockCli } from "./engines/open.ts";
import { timeCommand } from "./kit/command.ts";
import { availableMegabytes, processesOf, processorSeconds, pssMegabytes, sizesOf, totalPssMegabytes } from "./kit/processes.ts";
import { median, timeMs } from "./kit/statistics.ts";

const network = process.env["IDLE_NETWORK"] ?? "none";
const image = buildBusyboxImage("busybox:latest");
const atOnce = 4;
const quietMs = 10_000;

/** Makes and starts containers, some at a time. @returns how many of them run, and why it stopped before the last one */
async function startMany(engine: RunningEngine, number: number): Promise<{ readonly started: number; readonly stopped: string }> {
  let begun = 0;
  let started = 0;
  let stopped = "";
  const one = async (): Promise<void> => {
    while (begun < number && stopped === "") {
      const name = `idle-${begun++}`;
      const request = { Image: "busybox", Cmd: ["sleep", "86400"], HostConfig: { NetworkMode: network } };
      const created = await engine.api.post(`/containers/create?name=${name}`, request);
      const answer = created.status === 201 ? await engine.api.post(`/containers/${name}/start`) : created;
      if (answer.status === 204) started++;
      else stopped = `${name}: ${answer.status} ${answer.text.trim()}`;
    }
  };
  await Promise.all(Array.from({ length: atOnce }, one));
  return { started, stopped };
}

async function medianMs(task: () => Promise<unknown>, rounds = 7): Promise<number> {
  const times: number[] = [];
  for (let round = 0; round < rounds; round++) times.push(await timeMs(task));
  return median(times);
}

async function runningCount(engine: RunningEngine): Promise<number> {
  return (await engine.api.get("/containers/json")).json<unknown[]>().length;
}

/** One sample of each container, without the second that a rate takes. */
async function statsOf(engine: RunningEngine, ids: readonly string[]): Promise<void> {
  const waiting = [...ids];
  const one = async (): Promise<void> => {
    for (let id = waiting.pop(); id !== undefined; id = waiting.pop()) {
      const answer = await engine.api.get(`/containers/${id}/stats?stream=0&one-shot=1`);
      if (answer.status !== 200) throw new Error(`stats: ${answer.status} ${answer.text}`);
    }
  };
  await Promise.all(Array.from({ length: 16 }, one));
}

type Restart = (sandbox: Sandbox) => Promise<RunningEngine>;

/** Ends the daemon by a signal and starts it again. @returns the new one, and how long each half took */
async function restart(
  engine: RunningEngine,
  options: { readonly sandbox: Sandbox; readonly signal: "SIGKILL" | "SIGTERM"; readonly start: Restart },
): Promise<{ readonly engine: RunningEngine; readonly downMs: number; readonly upMs: number }> {
  const downMs = await timeMs(async () => {
    engine.process.signal(options.signal);
    await engine.process.exited;
  });
  const began = performance.now();
  const next = await options.start(options.sandbox);
  return { engine: next, downMs, upMs: performance.now() - began };
}

async function measure(kind: "berth" | "docker", number: number): Promise<void> {
  const sandbox = await openSandbox(`idle-${kind}`);
  // Containers live on: that is what a restart of the daemon is measured with.
  const start: Restart = (where) => (kind === "berth" ? startBerth(where) : startDocker(where, { flags: ["--live-restore"] }));
  const say = (what: string, value: string): void => console.log(`  ${what.padEnd(44)} ${value}`);
  try {
    let engine = await start(sandbox);
    await loadImage(engine, image.archive);
    const emptyMegabytes = totalPssMegabytes(sandbox);
    const availableBefore = availableMegabytes();
    let outcome = { started: 0, stopped: "" };
    const startMs = await timeMs(async () => {
      outcome = await startMany(engine, number);
    });
    console.log(
      `\n${kind}: ${outcome.started} containers, network ${network}${outcome.stopped === "" ? "" : `; no more: ${outcome.stopped}`}`,
    );
    say("create and start, 4 at a time", `${(outcome.started / (startMs / 1000)).toFixed(1)} a second`);
    const before = processorSeconds(engine.process.pid);
    await Bun.sleep(quietMs);
    const share = (processorSeconds(engine.process.pid) - before) / (quietMs / 1000);
    say("processor time of the idle daemon", `${(share * 100).toFixed(1)} % of one`);
    const availableNow = availableMegabytes();
    const full = Object.entries(pssMegabytes(sandbox));
    for (const [name, megabytes] of full) say(`memory (PSS) of ${name}`, `${megabytes.toFixed(0)} MB`);
    const engineMegabytes = full.reduce((sum, [name, each]) => sum + (name === "(containers)" ? 0 : each), 0);
    say("memory (PSS) of the engine, empty and now", `${emptyMegabytes.toFixed(0)} and ${engineMegabytes.toFixed(0)} MB`);
    say("MemAvailable less than before by", `${(availableBefore - availableNow).toFixed(0)} MB`);
    const { descriptors, threads } = sizesOf(engine.process.pid);
    say("processes; the daemon's descriptors, threads", `${processesOf(sandbox).length}; ${descriptors}, ${threads}`);
    say("list by API", `${(await medianMs(() => runningCount(engine))).toFixed(1)} ms`);
    say("ps, stock CLI", `${(await medianMs(() => timeCommand([stockCli(), "-H", `unix://${engine.socket}`, "ps"]))).toFixed(1)} ms`);
    const names = (await engine.api.get("/containers/json")).json<{ Id: string }[]>().map(({ Id }) => Id);
    say("stats of all once, 16 requests at a time", `${(await timeMs(() => statsOf(engine, names))).toFixed(0)} ms`);
    const one = await medianMs(async () => {
      await engine.api.post("/containers/create?name=extra", { Image: "busybox", Cmd: ["true"], HostConfig: { NetworkMode: network } });
      await engine.api.post("/containers/extra/start");
      await engine.api.post("/containers/extra/wait");
      await engine.api.delete("/containers/extra");
    });
    say("one more: create, start, wait, remove by API", `${one.toFixed(1)} ms`);
    for (const signal of ["SIGKILL", "SIGTERM"] as const) {
      const again = await restart(engine, { sandbox, signal, start });
      engine = again.engine;
      const count = await runningCount(engine);
      say(`${signal}: down, up until it answers; running`, `${again.downMs.toFixed(0)} ms, ${again.upMs.toFixed(0)} ms; ${count}`);
    }
    say("the daemon's descriptors, threads after it", Object.values(sizesOf(engine.process.pid)).join(", "));
    engine.process.signal("SIGKILL");
    await engine.process.exited;
  } finally {
    await sandbox.close();
  }
}

console.log(`${new Date().toISOString().slice(0, 10)}, ${os.cpus().length} x ${os.cpus()[0]?.model ?? "?"}, Linux ${os.release()}`);
await measure("berth", Number(process.env["IDLE"] ?? "1000"));
const dockerNumber = Number(process.env["IDLE_DOCKER"] ?? "150");
if (dockerNumber > 0) await measure("docker", dockerNumber);
process.exit(0);
