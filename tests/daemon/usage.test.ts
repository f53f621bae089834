import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { existsSync } from "node:fs";
import { berthCommand, type RunningEngine, startBerth } from "../harness/engines.ts";
import { openPty } from "../harness/pty.ts";
import { openSandbox, run, type Sandbox, until } from "../harness/sandbox.ts";
import { exec, inspect, killDaemon, loadBusybox, runContainer, untilStatus } from "./kit.ts";

const megabyte = 1024 * 1024;
const small = { NetworkMode: "none", Memory: 16 * megabyte, MemorySwap: 16 * megabyte };
/** Wants more memory than it is given. */
const greedy = ["tail", "-c", "60000000", "/dev/zero"];

let sandbox: Sandbox;
let engine: RunningEngine;

beforeAll(async () => {
  sandbox = await openSandbox("usage");
  engine = await startBerth(sandbox);
  await loadBusybox(engine);
});
afterAll(async () => {
  await sandbox?.close();
});

async function oomKilled(name: string): Promise<boolean> {
  return (await engine.api.get(`/containers/${name}/json`)).json<{ State: { OOMKilled: boolean } }>().State.OOMKilled;
}

/** Actions of a container, past ones. */
async function told(name: string): Promise<string[]> {
  const filters = encodeURIComponent(JSON.stringify({ container: [name] }));
  const answer = await engine.api.get(`/events?since=0&until=${(Date.now() / 1000 + 0.001).toFixed(3)}&filters=${filters}`);
  const lines = answer.text.split("\n").filter((line) => line !== "");
  return lines.map((line) => (JSON.parse(line) as { Action: string }).Action);
}

describe("memory that has run out", () => {
  test("of another process than the first is told while the container runs on", async () => {
    await runContainer(engine.api, { name: "one", command: ["sleep", "600"], host: small });
    await exec(engine.api, "one", greedy);
    await until(() => oomKilled("one"), 20_000, "OOMKilled was not set");
    expect((await inspect(engine.api, "one")).State.Status).toBe("running");
    expect((await told("one")).filter((action) => action === "oom").length).toBe(1);
    await engine.api.post("/containers/one/stop?t=0");
    expect(await oomKilled("one")).toBe(true);
    await engine.api.post("/containers/one/start");
    expect(await oomKilled("one")).toBe(false);
  });

  test("of the first is told before its end", async () => {
    await runContainer(engine.api, { name: "two", command: greedy, host: small });
    await untilStatus(engine.api, "two", "exited");
    expect([await oomKilled("two"), (await inspect(engine.api, "two")).State.ExitCode]).toEqual([true, 137]);
    expect((await told("two")).filter((action) => /^(oom|die)$/.test(action))).toEqual(["oom", "die"]);
  });

  test("while no daemon ran is told by the next one, once", async () => {
    const script = "while [ ! -e /go ]; do sleep 0.1; done; tail -c 60000000 /dev/zero & while :; do sleep 1; done";
    const id = await runContainer(engine.api, { name: "three", command: ["sh", "-c", script], host: small });
    const pid = (await inspect(engine.api, "three")).State.Pid;
    await killDaemon(engine);
    await sandbox.run(["touch", `/proc/${pid}/root/go`]);
    const group = `${sandbox.cgroupParent}/${id}`;
    const counters = [`/sys/fs/cgroup/memory${group}/memory.oom_control`, `/sys/fs/cgroup${group}/memory.events`];
    const counter = Bun.file(counters.find((file) => existsSync(file)) ?? "");
    await until(async () => /oom_kill [1-9]/.test(await counter.text()), 30_000, "the kernel killed nothing");
    engine = await startBerth(sandbox);
    await until(() => oomKilled("three"), 20_000, "OOMKilled was not set");
    await killDaemon(engine);
    engine = await startBerth(sandbox);
    expect(await oomKilled("three")).toBe(true);
    expect(await told("three")).not.toContain("oom");
  });
});

describe("statistics", () => {
  test("a screen that follows what starts and ends", async () => {
    await runContainer(engine.api, { name: "seen", command: ["sleep", "600"], host: { NetworkMode: "none" } });
    const screen = openPty([berthCommand(), "-H", `unix://${engine.socket}`, "stats"]);
    await screen.expect("CONTAINER ID");
    await screen.expect(/seen +\d+\.\d\d% +\S+ \/ /);
    await runContainer(engine.api, { name: "later", command: ["sleep", "600"], host: { NetworkMode: "none" } });
    await screen.expect(/later +\d+\.\d\d%/);
    await engine.api.delete("/containers/later?force=1");
    await until(
      async () => {
        const frame = await screen.expect("\u001b[J");
        return frame.includes("seen") && !frame.includes("later");
      },
      20_000,
      "what was removed stayed on the screen",
    );
    screen.kill();
    await screen.exited;
  });

  test("many who listen to one get the same looks", async () => {
    await runContainer(engine.api, { name: "heard", command: ["sleep", "600"], host: { NetworkMode: "none" } });
    const clients = await Promise.all(
      Array.from({ length: 20 }, () => engine.api.open("GET /v1.41/containers/heard/stats HTTP/1.1\r\nHost: berth\r\n\r\n")),
    );
    const texts = clients.map(() => "");
    for (const [index, client] of clients.entries()) {
      client.on("data", (bytes: Buffer) => {
        texts[index] += bytes.toString();
      });
    }
    const reads = (text: string): string[] => [...text.matchAll(/\{"read":"([^"]+)"/g)].map((match) => match[1] ?? "");
    await until(() => texts.every((text) => reads(text).length >= 4), 60_000, "frames are missing");
    for (const client of clients) client.destroy();
    // The first may be of the moment in which each came.
    const seen = texts.map((text) => reads(text).slice(1, 4));
    const known = new Set(seen.flat());
    expect(known.size).toBeLessThanOrEqual(5);
  });

  test("in a pipe one table follows the other, without control characters", async () => {
    const command = [berthCommand(), "-H", `unix://${engine.socket}`, "stats", "heard"];
    const { stdout } = await run(["timeout", "4", ...command]);
    expect(stdout.split("CONTAINER ID").length).toBeGreaterThan(2);
    expect(stdout).not.toContain("\u001b");
    const gone = await run([...command.slice(0, -1), "--no-stream", "nope"]);
    expect([gone.code, gone.stdout, gone.stderr]).toEqual([1, "", expect.stringContaining("No such container: nope")]);
  });
});
