import { readFileSync } from "node:fs";
import { afterAll, beforeAll, beforeEach, expect, setDefaultTimeout, test } from "bun:test";
import type { ExecSummary } from "@berth/spec";
import { findProcesses, inspect, killDaemon, runContainer } from "../daemon/kit.ts";
import { berthCommand, loadImage, type RunningEngine, startBerth } from "../harness/engines.ts";
import { buildBusyboxImage } from "../harness/busybox-image.ts";
import { openPty } from "../harness/pty.ts";
import { openSandbox, run, type RunResult, type Sandbox, until } from "../harness/sandbox.ts";

// Each starts several containers, on a machine that may be busy.
setDefaultTimeout(60_000);

let sandbox: Sandbox;
let engine: RunningEngine;

beforeAll(async () => {
  sandbox = await openSandbox("exec");
  engine = await startBerth(sandbox);
  await loadImage(engine, buildBusyboxImage("busybox:latest").archive);
  await runContainer(engine.api, { name: "web", command: ["sh", "-c", "while :; do sleep 1000; done"], host: { Init: true } });
}, 60_000);
afterAll(async () => {
  await sandbox?.close();
}, 30_000);
beforeEach(async () => {
  const running = await execs("web");
  for (const exec of running) await engine.api.post(`/berth/execs/${exec.ID}/kill`);
});

function berth(...words: readonly string[]): Promise<RunResult> {
  return run([berthCommand(), "-H", `unix://${engine.socket}`, ...words]);
}

async function execs(container: string, all = false): Promise<ExecSummary[]> {
  const answer = await engine.api.get(`/berth/execs?container=${container}${all ? "&all=1" : ""}`);
  expect(answer.status).toBe(200);
  return answer.json<ExecSummary[]>();
}

/** Programs of exactly that command line that live in the sandbox. */
function alive(text: string): number {
  return findProcesses(text).filter((pid) => {
    try {
      return readFileSync(`/proc/${pid}/cmdline`, "utf8") === `${text.replaceAll(" ", "\0")}\0`;
    } catch {
      return false;
    }
  }).length;
}

/** Waits until so many programs of that command line live. */
function untilAlive(text: string, count: number): Promise<void> {
  return until(() => alive(text) === count, 20_000, `not ${count} of ${text}`);
}

const family = "setsid sh -c 'sleep 5151 & (sleep 5151 &) ; sleep 5151' & sleep 5151";

test("exec ls shows what runs, exec kill ends all of it, and nothing else of the container", async () => {
  expect((await berth("exec", "-d", "web", "sh", "-c", family)).code).toBe(0);
  expect((await berth("exec", "-d", "-u", "1000", "web", "sleep", "6161")).code).toBe(0);
  await untilAlive("sleep 5151", 4);
  const [other, first] = await execs("web");
  expect(other).toMatchObject({ Command: ["sleep", "6161"], User: "1000", Status: "running", Attached: false, ContainerName: "web" });
  expect(first?.Processes.length).toBeGreaterThanOrEqual(4);
  const table = (await berth("exec", "ls", "web")).stdout.split("\n");
  expect(table[0]?.split(/ {2,}/)).toEqual(["EXEC ID", "CONTAINER", "COMMAND", "USER", "PID", "STARTED", "ATTACHED"]);
  expect(table[1]).toMatch(/^[0-9a-f]{12} +web +sleep 6161 +1000 +\d+ +.+ ago +no$/);
  const killed = await berth("exec", "kill", (first?.ID ?? "").slice(0, 10));
  expect(killed).toEqual({ code: 0, stdout: `${first?.ID}\n`, stderr: "" });
  expect(alive("sleep 5151")).toBe(0);
  expect(alive("sleep 6161")).toBe(1);
  expect((await berth("exec", "kill", "-s", "INT", "web")).code).toBe(0);
  await untilAlive("sleep 6161", 0);
  expect((await inspect(engine.api, "web")).State.Running).toBe(true);
  await until(async () => (await execs("web")).length === 0, 20_000, "execs run on");
  expect((await execs("web", true)).filter(({ ID }) => ID === first?.ID || ID === other?.ID).map(({ ExitCode }) => ExitCode)).toEqual([
    130, 137,
  ]);
});

test("what an exec's program left behind is killed by the exec's id too", async () => {
  const ended = await berth("exec", "web", "sh", "-c", "setsid sleep 5252 >/dev/null 2>&1 & echo left");
  expect(ended.stdout).toBe("left\n");
  const [exec] = await execs("web", true);
  expect(exec?.Status).toBe("exited");
  expect(exec?.Processes.length).toBe(1);
  expect((await berth("exec", "kill", exec?.ID ?? "")).code).toBe(0);
  expect(alive("sleep 5252")).toBe(0);
  const again = await berth("exec", "kill", exec?.ID ?? "");
  expect(again).toEqual({ code: 1, stdout: "", stderr: `berth: Cannot kill exec: ${exec?.ID}: no process of it runs\n` });
});

test("refused: unknown references, signals, containers without execs", async () => {
  const words = async (path: string): Promise<[number, string]> => {
    const answer = await engine.api.post(path);
    return [answer.status, answer.json<{ message: string }>().message];
  };
  expect(await words("/berth/execs/nope/kill")).toEqual([404, "No such exec instance or container: nope"]);
  expect(await words("/berth/execs/web/kill")).toEqual([409, "Cannot kill exec: no exec runs in container web"]);
  expect(await words("/berth/execs/web/kill?signal=NOPE")).toEqual([400, "Invalid signal: NOPE"]);
  expect((await engine.api.get("/berth/execs?container=nope")).status).toBe(404);
  expect((await berth("exec", "--attached-only", "-d", "web", "true")).code).toBe(125);
});

test("a container that is named as the subcommand has precedence", async () => {
  expect((await berth("exec", "ls", "/bin/echo")).stderr).toContain("No such container: /bin/echo");
  await runContainer(engine.api, { name: "ls", command: ["sleep", "1000"] });
  try {
    expect((await berth("exec", "ls", "echo", "inside", "-x")).stdout).toBe("inside -x\n");
    expect((await berth("container", "exec", "ls", "hostname")).stdout).toMatch(/^[0-9a-f]{12}\n$/);
    expect((await berth("exec", "ls")).stdout).toStartWith("EXEC ID");
    expect((await berth("exec", "ls", "--help")).stdout).toContain("berth exec ls");
  } finally {
    await engine.api.delete("/containers/ls?force=1");
  }
});

test("created but never started: so many are kept of each container, and no more", async () => {
  const create = async (): Promise<string> => (await engine.api.post("/containers/web/exec", { Cmd: ["true"] })).json<{ Id: string }>().Id;
  const first = await create();
  for (let count = 0; count < 512; count++) await create();
  expect((await engine.api.get(`/exec/${first}/json`)).status).toBe(404);
  const ids = (await engine.api.get("/containers/web/json")).json<{ ExecIDs: string[] }>().ExecIDs;
  expect(ids.length).toBe(512);
}, 60_000);

/** Starts an exec by the CLI that ends with it; gives the client. */
function attachedOnly(options: readonly string[], script: string): Bun.Subprocess {
  return Bun.spawn([berthCommand(), "-H", `unix://${engine.socket}`, "exec", "--attached-only", ...options, "web", "sh", "-c", script], {
    stdin: "pipe",
    stdout: "pipe",
    stderr: "pipe",
  });
}

for (const { name, options } of [
  { name: "without stdin", options: [] },
  { name: "with stdin", options: ["-i"] },
]) {
  test(`attached only, ${name}: it ends when its client is killed, and what it started too`, async () => {
    const client = attachedOnly(options, "setsid sleep 5353 & sleep 5353");
    await untilAlive("sleep 5353", 2);
    expect((await execs("web"))[0]).toMatchObject({ Attached: true, AttachedOnly: true });
    client.kill("SIGKILL");
    await untilAlive("sleep 5353", 0);
    await until(async () => (await execs("web")).length === 0, 20_000, "the exec runs on");
  }, 40_000);
}

test("attached only: one that ignores the signal is killed after its grace", async () => {
  const client = attachedOnly([], "trap '' TERM HUP; echo deaf; while :; do sleep 5454; done");
  await untilAlive("sleep 5454", 1);
  client.kill("SIGKILL");
  await until(async () => (await execs("web")).length === 0, 30_000, "the exec runs on");
  expect(alive("sleep 5454")).toBe(0);
}, 60_000);

test("attached only, on a terminal: it ends when the terminal's client is killed", async () => {
  const client = openPty([berthCommand(), "-H", `unix://${engine.socket}`, "exec", "--attached-only", "-it", "web", "sh"]);
  client.type("sleep 5555 &\n");
  await untilAlive("sleep 5555", 1);
  client.kill();
  await untilAlive("sleep 5555", 0);
}, 40_000);

test("attached only: the end of its input is not the end of its client", async () => {
  const words = ["exec", "--attached-only", "-i", "web", "sh", "-c", "cat; sleep 0.3; echo after"];
  const { code, stdout } = await run([berthCommand(), "-H", `unix://${engine.socket}`, ...words], { input: "word\n" });
  expect([code, stdout]).toEqual([0, "word\nafter\n"]);
});

test("without the flag an exec outlives its client, as docker's does", async () => {
  const client = Bun.spawn([berthCommand(), "-H", `unix://${engine.socket}`, "exec", "web", "sleep", "5656"], {
    stdout: "ignore",
    stderr: "ignore",
  });
  await untilAlive("sleep 5656", 1);
  client.kill("SIGKILL");
  await until(async () => (await execs("web"))[0]?.Attached === false, 20_000, "the client's end was not seen");
  expect(alive("sleep 5656")).toBe(1);
}, 40_000);

test("over kill -9 of the daemon execs go on and stay under control; attached-only ones end", async () => {
  expect((await berth("exec", "-d", "web", "sh", "-c", "setsid sleep 5757 & sleep 5757")).code).toBe(0);
  const client = attachedOnly([], "setsid sleep 5858 & sleep 5858");
  await untilAlive("sleep 5757", 2);
  await untilAlive("sleep 5858", 2);
  const before = await execs("web");
  expect(before.length).toBe(2);
  await killDaemon(engine);
  await client.exited;
  engine = await startBerth(sandbox);
  await untilAlive("sleep 5858", 0);
  const [kept, ...others] = await execs("web");
  expect(others).toEqual([]);
  const was = before.find(({ ID }) => ID === kept?.ID);
  expect(kept).toMatchObject({ Pid: was?.Pid, Started: was?.Started, Command: ["sh", "-c", "setsid sleep 5757 & sleep 5757"] });
  expect(kept?.Processes).toEqual(was?.Processes ?? []);
  const seen = (await engine.api.get(`/exec/${kept?.ID}/json`)).json<{ Running: boolean; ExitCode: number | null }>();
  expect(seen).toMatchObject({ Running: true, ExitCode: null });
  expect((await inspect(engine.api, "web")) as unknown).toMatchObject({ ExecIDs: [kept?.ID] });
  expect((await berth("exec", "kill", "web")).stdout).toBe(`${kept?.ID}\n`);
  await untilAlive("sleep 5757", 0);
  await until(async () => (await execs("web")).length === 0, 20_000, "the exec's end was not seen");
  const after = (await engine.api.get(`/exec/${kept?.ID}/json`)).json<{ Running: boolean; ExitCode: number | null }>();
  expect(after).toMatchObject({ Running: false, ExitCode: 255 });
}, 60_000);

test("nothing is left of execs when their container is gone", async () => {
  const id = await runContainer(engine.api, { name: "gone", command: ["sleep", "1000"] });
  expect((await berth("exec", "-d", "gone", "sh", "-c", "setsid sleep 5959 & sleep 5959")).code).toBe(0);
  await untilAlive("sleep 5959", 2);
  expect((await engine.api.delete("/containers/gone?force=1")).status).toBe(204);
  await untilAlive("sleep 5959", 0);
  const { stdout: folders } = await sandbox.run(["find", "/sys/fs/cgroup", "-path", `*${sandbox.cgroupParent}/*`, "-name", "berth-exec-*"]);
  expect(folders).not.toContain(id);
  await until(async () => (await sandbox.run(["ls", `${engine.execRoot}/execs`])).stdout.trim() === "", 20_000, "files of execs are left");
});
