import { afterAll, beforeAll, expect, test } from "bun:test";
import { existsSync, mkdirSync, readdirSync } from "node:fs";
import { berthCommand, startBerth, type RunningEngine } from "../harness/engines.ts";
import { openSandbox, run, type RunResult, type Sandbox, until } from "../harness/sandbox.ts";
import { exec, inspect, loadBusybox, logLines, runContainer, statusOf } from "./kit.ts";

let sandbox: Sandbox;
let engine: RunningEngine;

const counting = ["sh", "-c", "trap 'exit 3' USR1; i=0; while :; do i=$((i+1)); echo $i; sleep 0.05; done"];

function berth(...words: readonly string[]): Promise<RunResult> {
  return run([berthCommand(), "-H", `unix://${engine.socket}`, ...words]);
}

beforeAll(async () => {
  sandbox = await openSandbox("checkpoints");
  engine = await startBerth(sandbox, { flags: ["--experimental"] });
  await loadBusybox(engine);
});
afterAll(async () => {
  await sandbox?.close();
});

test("what crun runs has no checkpoints, and is told what to do", async () => {
  await runContainer(engine.api, { name: "by-crun", command: ["sleep", "1000"], host: { Runtime: "crun" } });
  const { code, stderr } = await berth("checkpoint", "create", "by-crun", "c1");
  expect([code, stderr.trim()]).toEqual([
    1,
    expect.stringContaining(
      "container by-crun is run by crun, which has no checkpoints: only runc has (make the container with --runtime runc)",
    ),
  ]);
  expect(await statusOf(engine.api, "by-crun")).toBe("running");
  expect((await engine.api.get("/containers/by-crun/checkpoints")).json<unknown>()).toEqual([]);
  await engine.api.delete("/containers/by-crun?force=1");
});

test("ids that are no names, folders elsewhere, checkpoints that are not there", async () => {
  await runContainer(engine.api, { name: "by-runc", command: ["sleep", "1000"], host: { Runtime: "runc" } });
  const create = async (body: unknown): Promise<number> => (await engine.api.post("/containers/by-runc/checkpoints", body)).status;
  expect(await create({})).toBe(400);
  expect(await create({ CheckpointID: "../../x" })).toBe(400);
  expect(await create({ CheckpointID: 7 })).toBe(400);
  expect(await create({ CheckpointID: "c1", CheckpointDir: "/tmp/elsewhere" })).toBe(403);
  expect(existsSync("/tmp/elsewhere")).toBe(false);
  expect((await engine.api.get("/containers/by-runc/checkpoints?dir=/etc")).status).toBe(403);
  expect((await engine.api.get("/containers/nope/checkpoints")).status).toBe(404);
  expect((await engine.api.delete("/containers/by-runc/checkpoints/.new-c1")).status).toBe(400);
  expect((await engine.api.delete("/containers/by-runc/checkpoints/c1")).status).toBe(404);
  expect((await berth("stop", "-t", "0", "by-runc")).code).toBe(0);
  const { code, stderr } = await berth("start", "--checkpoint", "c1", "by-runc");
  expect([code, stderr]).toEqual([1, expect.stringContaining("checkpoint c1 does not exist for container by-runc")]);
  expect(await statusOf(engine.api, "by-runc")).toBe("exited");
  await engine.api.delete("/containers/by-runc?force=1");
});

test("a container that commands run in by exec keeps them", async () => {
  if (!(await isInstalled())) return;
  await runContainer(engine.api, { name: "busy", command: ["sleep", "1000"], host: { Runtime: "runc" } });
  expect((await berth("exec", "-d", "busy", "sleep", "999")).code).toBe(0);
  const { code, stderr } = await berth("checkpoint", "create", "busy", "c1");
  expect([code, stderr]).toEqual([1, expect.stringContaining("a command runs in it by exec; end them first")]);
  expect(await exec(engine.api, "busy", ["echo", "here"])).toBe("here\n");
  await engine.api.delete("/containers/busy?force=1");
});

// Whether criu knows the kernel that the test runs on is not for Berth to say: it works, or it tells why and changes nothing.
test("it goes on from where it was, or runs on with criu's reason told", async () => {
  await runContainer(engine.api, { name: "count", command: counting, host: { Runtime: "runc" } });
  const reached = (lines: number): Promise<void> =>
    until(async () => (await logLines(engine.api, "count")).length >= lines, 30_000, `it did not write ${lines} lines`);
  await reached(3);
  const made = await berth("checkpoint", "create", "count", "c1");
  if (made.code === 0) {
    expect((await inspect(engine.api, "count")).State).toMatchObject({ Status: "exited", ExitCode: 137 });
    expect((await berth("checkpoint", "ls", "count")).stdout).toBe("CHECKPOINT NAME\nc1\n");
    expect((await berth("start", "--checkpoint", "c1", "count")).stdout).toBe("count\n");
  } else if (await isInstalled()) {
    expect(made.stderr).toMatch(/Cannot checkpoint container count: \S+/);
    expect(made.stderr.trim().split("\n")).toHaveLength(1);
  } else {
    expect(made.stderr).toContain("criu is not installed: apt install criu");
  }
  expect(await statusOf(engine.api, "count")).toBe("running");
  await reached((await logLines(engine.api, "count")).length + 3);
  const lines = await logLines(engine.api, "count");
  expect(lines).toEqual(lines.map((_line, at) => String(at + 1)));
  await engine.api.delete("/containers/count?force=1");
});

test("what criu cannot go on from leaves the container as it was", async () => {
  if (!(await isInstalled())) return;
  const id = await runContainer(engine.api, { name: "spoilt", command: ["sleep", "1000"], host: { Runtime: "runc" } });
  expect((await berth("stop", "-t", "0", "spoilt")).code).toBe(0);
  mkdirSync(`${engine.dataRoot}/containers/${id}/checkpoints/c1`, { recursive: true });
  const { code, stderr } = await berth("start", "--checkpoint", "c1", "spoilt");
  expect([code, stderr]).toEqual([1, expect.stringMatching(/cannot restore container [0-9a-f]{64} from checkpoint c1: \S/)]);
  expect((await inspect(engine.api, "spoilt")).State).toMatchObject({ Status: "exited", ExitCode: 128 });
  expect((await berth("start", "spoilt")).code).toBe(0);
  expect(await exec(engine.api, "spoilt", ["echo", "anew"])).toBe("anew\n");
  await engine.api.delete("/containers/spoilt?force=1");
});

test("kill -9 while one is made: the container runs on, and nothing of the checkpoint is left", async () => {
  if (!(await isInstalled())) return;
  for (const moment of ["checkpoint.folder:before:1", "checkpoint.folder:after:1", "checkpoint.intent:after:1"]) {
    const crashing = { name: "crash", flags: ["--experimental"] };
    const dying = await startBerth(sandbox, { ...crashing, env: { BERTH_TEST_CRASH: moment } });
    await loadBusybox(dying);
    const host = { Runtime: "runc", RestartPolicy: { Name: "always" } };
    const id = await runContainer(dying.api, { name: "count", command: counting, host });
    const { Pid } = (await inspect(dying.api, "count")).State;
    const made = await run([berthCommand(), "-H", `unix://${dying.socket}`, "checkpoint", "create", "count", "c1"]);
    expect([moment, made.code]).not.toEqual([moment, 0]);
    await dying.process.exited;
    const next = await startBerth(sandbox, crashing);
    expect((await inspect(next.api, "count")).State).toMatchObject({ Status: "running", Pid });
    expect((await next.api.get("/containers/count/checkpoints")).json<unknown>()).toEqual([]);
    const folder = `${sandbox.folder}/crash/data/containers/${id}/checkpoints`;
    expect([moment, existsSync(folder) ? readdirSync(folder) : []]).toEqual([moment, []]);
    // Its policy holds again, though it was to end with its checkpoint.
    expect((await next.api.post("/containers/count/kill?signal=USR1")).status).toBe(204);
    await until(async () => (await inspect(next.api, "count")).RestartCount === 1, 30_000, "it was not started again");
    await next.api.delete("/containers/count?force=1");
    await next.stop();
  }
});

async function isInstalled(): Promise<boolean> {
  return (await run(["sh", "-c", "PATH=$PATH:/usr/sbin:/sbin command -v criu"])).code === 0;
}
