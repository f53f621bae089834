import { afterAll, beforeAll, expect, test } from "bun:test";
import { existsSync } from "node:fs";
import { berthCommand, startBerth, type RunningEngine } from "../harness/engines.ts";
import { openSandbox, run, type RunResult, type Sandbox, until } from "../harness/sandbox.ts";
import { exec, inspect, loadBusybox, logLines, runContainer, statusOf } from "./kit.ts";

let sandbox: Sandbox;
let engine: RunningEngine;

const counting = ["sh", "-c", "i=0; while :; do i=$((i+1)); echo $i; sleep 0.05; done"];

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

async function isInstalled(): Promise<boolean> {
  return (await run(["sh", "-c", "PATH=$PATH:/usr/sbin:/sbin command -v criu"])).code === 0;
}
