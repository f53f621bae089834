import { readFileSync } from "node:fs";
import { afterAll, beforeAll, expect, test } from "bun:test";
import type { ExecSummary } from "@berth/spec";
import { buildBusyboxImage } from "../harness/busybox-image.ts";
import { berthCommand, loadImage, type RunningEngine, startBerth } from "../harness/engines.ts";
import { findProcesses, runContainer } from "../daemon/kit.ts";
import { openSandbox, type Sandbox, until } from "../harness/sandbox.ts";

let sandbox: Sandbox;
let engine: RunningEngine;

beforeAll(async () => {
  sandbox = await openSandbox("exec-tcp");
  engine = await startBerth(sandbox, { flags: ["-H", "tcp://127.0.0.1:2375"] });
  await loadImage(engine, buildBusyboxImage("busybox:latest").archive);
  await runContainer(engine.api, { name: "web", command: ["sleep", "1000"], host: { Init: true } });
}, 60_000);
afterAll(async () => {
  await sandbox?.close();
}, 30_000);

async function execs(): Promise<ExecSummary[]> {
  return (await engine.api.get("/berth/execs?container=web")).json<ExecSummary[]>();
}

for (const { name, flags } of [
  { name: "without stdin: at once", flags: [] },
  { name: "with stdin: by the next empty frames", flags: ["-i"] },
]) {
  test(`attached only, over TCP: a killed client's exec ends, ${name}`, async () => {
    const words = ["-H", "tcp://127.0.0.1:2375", "exec", "--attached-only", ...flags, "web", "sleep", "1000"];
    // Its stdin stays open.
    const client = sandbox.start("client", ["sh", "-c", 'sleep 1000 | exec "$@"', "sh", berthCommand(), ...words]);
    await until(async () => (await execs())[0]?.Attached === true, 20_000, "the exec does not run");
    const [pid] = findProcesses("exec", "--attached-only", "tcp://").filter((each) =>
      readFileSync(`/proc/${each}/cmdline`, "utf8").startsWith(`${berthCommand()}\0`),
    );
    expect(pid).toBeGreaterThan(1);
    process.kill(pid ?? 0, "SIGKILL");
    await until(async () => (await execs()).length === 0, 60_000, "the exec runs on");
    client.signal("SIGKILL");
  }, 90_000);
}
