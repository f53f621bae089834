import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { startBerth, type RunningEngine } from "../harness/engines.ts";
import { openSandbox, until, type Sandbox } from "../harness/sandbox.ts";
import { exec, findProcesses, inspect, killDaemon, loadBusybox, logLines, runContainer, statusOf, untilStatus } from "./kit.ts";

let sandbox: Sandbox;
let engine: RunningEngine;

/** kill -9, some time without a daemon, and a new one. */
async function again(meanwhile: () => Promise<void> | void = () => undefined): Promise<void> {
  await killDaemon(engine);
  await meanwhile();
  engine = await startBerth(sandbox);
}

async function remove(...names: readonly string[]): Promise<void> {
  for (const name of names) expect((await engine.api.delete(`/containers/${name}?force=1&v=1`)).status).toBe(204);
}

beforeAll(async () => {
  sandbox = await openSandbox("adopt");
  engine = await startBerth(sandbox);
  await loadBusybox(engine);
});
afterAll(async () => {
  await sandbox?.close();
});

describe("after kill -9 the next daemon adopts", () => {
  test("a running container: exec, attach, logs, stats of its life and stop go on", async () => {
    const script = "trap 'echo bye; exit 5' TERM; n=0; while true; do echo line $n; n=$((n+1)); sleep 0.05; done";
    const id = await runContainer(engine.api, { name: "runs", command: ["sh", "-c", script] });
    const before = await inspect(engine.api, "runs");
    await again(() => Bun.sleep(300));
    expect((await inspect(engine.api, "runs")).State).toMatchObject({
      Status: "running",
      Pid: before.State.Pid,
      StartedAt: before.State.StartedAt,
    });
    expect(await exec(engine.api, "runs", ["echo", "from exec"])).toBe("from exec\n");
    const attached = await engine.api.hijack("/containers/runs/attach?stream=1&stdout=1");
    await attached.waitFor("line ");
    attached.close();
    const stop = new AbortController();
    const following = engine.api.request("/containers/runs/logs?stdout=1&follow=1", { signal: stop.signal });
    const waiting = engine.api.post("/containers/runs/wait");
    expect((await engine.api.get("/containers/runs/top")).text).toContain("trap");
    expect((await engine.api.post("/containers/runs/stop?t=10")).status).toBe(204);
    expect((await waiting).json<{ StatusCode: number }>().StatusCode).toBe(5);
    expect((await following).text).toContain("bye");
    const lines = await logLines(engine.api, id);
    expect(lines.pop()).toBe("bye");
    expect(lines).toEqual(lines.map((_, index) => `line ${index}`));
    expect((await engine.api.post("/containers/runs/start")).status).toBe(204);
    await remove("runs");
  });

  test("a paused container, and one that was paused again and again", async () => {
    await runContainer(engine.api, { name: "cold", command: ["sleep", "600"] });
    expect((await engine.api.post("/containers/cold/pause")).status).toBe(204);
    await again();
    expect(await statusOf(engine.api, "cold")).toBe("paused");
    expect((await engine.api.post("/containers/cold/exec", { Cmd: ["true"] })).status).toBe(409);
    expect((await engine.api.post("/containers/cold/unpause")).status).toBe(204);
    expect(await exec(engine.api, "cold", ["echo", "warm"])).toBe("warm\n");
    expect((await engine.api.post("/containers/cold/pause")).status).toBe(204);
    await again();
    expect((await engine.api.post("/containers/cold/stop?t=1")).status).toBe(204);
    expect((await inspect(engine.api, "cold")).State).toMatchObject({ Status: "exited", ExitCode: 137 });
    await remove("cold");
  });

  test("a container below another cgroup parent than the new daemon's", async () => {
    await runContainer(engine.api, { name: "elsewhere", command: ["sleep", "600"] });
    await killDaemon(engine);
    engine = await startBerth(sandbox, { flags: ["--cgroup-parent", `${sandbox.cgroupParent}/other`] });
    expect((await engine.api.post("/containers/elsewhere/pause")).status).toBe(204);
    expect((await engine.api.post("/containers/elsewhere/unpause")).status).toBe(204);
    expect((await engine.api.get("/containers/elsewhere/top")).text).toContain("sleep 600");
    expect((await engine.api.post("/containers/elsewhere/restart?t=0")).status).toBe(204);
    expect(await exec(engine.api, "elsewhere", ["echo", "in"])).toBe("in\n");
    await again();
    expect((await engine.api.post("/containers/elsewhere/pause")).status).toBe(204);
    await remove("elsewhere");
  });

  test("a container with a terminal that somebody was attached to", async () => {
    const command = ["sh", "-c", "while read word; do echo got $word; done"];
    const config = { Tty: true, OpenStdin: true };
    await runContainer(engine.api, { name: "typed", command, config });
    const path = "/containers/typed/attach?stream=1&stdin=1&stdout=1&stderr=1";
    const first = await engine.api.hijack(path);
    first.write("one\n");
    await first.waitFor("got one");
    await again();
    first.close();
    const second = await engine.api.hijack(path);
    second.write("two\n");
    await second.waitFor("got two");
    expect((await engine.api.post("/containers/typed/resize?h=33&w=99")).status).toBe(200);
    await until(
      async () => (await exec(engine.api, "typed", ["sh", "-c", "stty -F /proc/1/fd/0 size"])).startsWith("33 99"),
      5000,
      "no resize",
    );
    second.write("\x04");
    await untilStatus(engine.api, "typed", "exited");
    expect((await second.rest()).toString()).toContain("got two");
    await remove("typed");
  });

  test("one without a terminal whose input stays open, and one whose input ends with its client", async () => {
    const command = ["sh", "-c", "while read word; do echo got $word; done; echo end"];
    await runContainer(engine.api, { name: "open", command, config: { OpenStdin: true } });
    const first = await engine.api.hijack("/containers/open/attach?stream=1&stdin=1&stdout=1");
    first.write("one\n");
    await first.waitFor("got one");
    await again();
    first.close();
    const second = await engine.api.hijack("/containers/open/attach?stream=1&stdin=1&stdout=1");
    second.write("two\n");
    await second.waitFor("got two");
    second.end();
    await Bun.sleep(200);
    expect(await statusOf(engine.api, "open")).toBe("running");
    expect(await logLines(engine.api, "open")).toEqual(["got one", "got two"]);
    await remove("open");
  });

  test("a container that its policy starts again, also when it ends while no daemon is there", async () => {
    const id = await runContainer(engine.api, { name: "always", command: ["sleep", "600"], host: { RestartPolicy: { Name: "always" } } });
    const before = await inspect(engine.api, "always");
    await again();
    expect((await inspect(engine.api, "always")).State.Pid).toBe(before.State.Pid);
    const monitor = findProcesses("conmon", `--cid ${id}`);
    expect(monitor.length).toBe(1);
    await again(async () => {
      expect((await sandbox.run(["kill", "-9", String(before.State.Pid)])).code).toBe(0);
      await until(() => findProcesses("conmon", `--cid ${id}`).length === 0, 5000, "the monitor stays");
    });
    await untilStatus(engine.api, "always", "running");
    const after = await inspect(engine.api, "always");
    expect(after.State.Pid).not.toBe(before.State.Pid);
    expect(after.RestartCount).toBe(1);
    // Between the end and the next start.
    expect((await sandbox.run(["kill", "-9", String(after.State.Pid)])).code).toBe(0);
    await Bun.sleep(20);
    await again();
    await untilStatus(engine.api, "always", "running");
    expect((await engine.api.post("/containers/always/stop?t=0")).status).toBe(204);
    await again();
    // As in Docker, `always` means after each start of the daemon too.
    await untilStatus(engine.api, "always", "running");
    await remove("always");
  });

  test("on-failure counts on, and unless-stopped stays down when it was stopped", async () => {
    const host = { RestartPolicy: { Name: "on-failure", MaximumRetryCount: 2 } };
    await runContainer(engine.api, { name: "fails", command: ["sh", "-c", "sleep 0.3; exit 4"], host });
    await again();
    await until(
      async () => {
        const { RestartCount, State } = await inspect(engine.api, "fails");
        return RestartCount === 2 && State.Status === "exited";
      },
      20_000,
      "it was not tried twice",
    );
    expect((await inspect(engine.api, "fails")).State.ExitCode).toBe(4);
    await runContainer(engine.api, { name: "unless", command: ["sleep", "600"], host: { RestartPolicy: { Name: "unless-stopped" } } });
    expect((await engine.api.post("/containers/unless/stop?t=0")).status).toBe(204);
    await again();
    await Bun.sleep(400);
    expect(await statusOf(engine.api, "unless")).toBe("exited");
    expect(await statusOf(engine.api, "fails")).toBe("exited");
    await remove("fails", "unless");
  });

  test("a container that removes itself, alive or ended meanwhile", async () => {
    const lives = await runContainer(engine.api, {
      name: "lives",
      command: ["sleep", "600"],
      host: { AutoRemove: true },
      config: { Volumes: { "/v": {} } },
    });
    await runContainer(engine.api, {
      name: "ends",
      command: ["sleep", "600"],
      host: { AutoRemove: true },
      config: { Volumes: { "/v": {} } },
    });
    const { State } = await inspect(engine.api, "ends");
    await again(async () => {
      await sandbox.run(["kill", "-9", String(State.Pid)]);
      await Bun.sleep(300);
    });
    expect(await statusOf(engine.api, "ends")).toBe("gone");
    expect(await statusOf(engine.api, "lives")).toBe("running");
    expect((await engine.api.post("/containers/lives/stop?t=0")).status).toBe(204);
    await untilStatus(engine.api, "lives", "gone");
    expect((await sandbox.run(["ls", `${engine.dataRoot}/containers`])).stdout).not.toContain(lives);
    expect((await sandbox.run(["ls", `${engine.dataRoot}/volumes`])).stdout.trim()).toBe("");
  });

  test("published ports: they answer all the time, stay reserved, and are free in the end", async () => {
    const script = "echo hello >/tmp/index.html; exec httpd -f -p 80 -h /tmp";
    const host = { PortBindings: { "80/tcp": [{ HostPort: "8099" }] } };
    await runContainer(engine.api, { name: "serves", command: ["sh", "-c", script], host });
    const gateway = "172.17.0.1";
    const get = async (address: string): Promise<string> =>
      (await sandbox.run(["busybox", "wget", "-Y", "off", "-qO-", `http://${address}:8099/`], { timeoutMs: 5000 })).stdout;
    await until(async () => (await get("127.0.0.1")) === "hello\n", 10_000, "the port does not answer");
    await again(async () => {
      for (const address of ["127.0.0.1", gateway]) expect(await get(address)).toBe("hello\n");
    });
    for (const address of ["127.0.0.1", gateway]) expect(await get(address)).toBe("hello\n");
    const second = await engine.api.post("/containers/create?name=second", { Image: "busybox", Cmd: ["sleep", "9"], HostConfig: host });
    expect(second.status).toBe(201);
    const refused = await engine.api.post("/containers/second/start");
    expect(refused.status).toBe(500);
    expect(refused.text).toContain("port is already allocated");
    expect((await engine.api.post("/containers/serves/stop?t=0")).status).toBe(204);
    expect((await engine.api.post("/containers/second/start")).status).toBe(204);
    await remove("serves", "second");
    expect((await sandbox.run(["nft", "list", "ruleset"])).stdout).not.toContain("8099");
  });

  test("many at once", async () => {
    const names = Array.from({ length: 12 }, (_, index) => `many${index}`);
    await Promise.all(names.map((name) => runContainer(engine.api, { name, command: ["sleep", "600"] })));
    const before = await Promise.all(names.map(async (name) => (await inspect(engine.api, name)).State.Pid));
    await again();
    expect(await Promise.all(names.map(async (name) => (await inspect(engine.api, name)).State.Pid))).toEqual(before);
    await Promise.all(names.map((name) => engine.api.delete(`/containers/${name}?force=1`)));
    expect((await engine.api.get("/containers/json?all=1")).json<unknown[]>()).toEqual([]);
    expect(findProcesses("conmon", engine.execRoot)).toEqual([]);
  });
});
