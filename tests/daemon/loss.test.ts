import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import { openDatabase } from "@berth/store";
import { startBerth, type RunningEngine } from "../harness/engines.ts";
import { openSandbox, until, type Sandbox } from "../harness/sandbox.ts";
import { exec, findProcesses, inspect, killDaemon, loadBusybox, logLines, monitorOf, runContainer, statusOf, untilStatus } from "./kit.ts";

let sandbox: Sandbox;
let engine: RunningEngine;

beforeEach(async () => {
  sandbox = await openSandbox("loss");
  engine = await startBerth(sandbox);
  await loadBusybox(engine);
});
afterEach(async () => {
  await sandbox?.close();
});

/** kill -9, some time without a daemon, and a new one. */
async function again(meanwhile: () => Promise<void> | void, env: Readonly<Record<string, string>> = {}): Promise<void> {
  await killDaemon(engine);
  await meanwhile();
  engine = await startBerth(sandbox, { env });
}

/** Changes the recorded process of a container while no daemon has the database open. */
function fakeIdentity(id: string, change: Readonly<Record<string, unknown>>): void {
  const database = openDatabase(`${engine.dataRoot}/berth.db`);
  try {
    const row = database.get<{ document: string }>("SELECT document FROM containers WHERE id = ?", id);
    const document = JSON.parse(row?.document ?? "") as { life: { process: Record<string, unknown> } };
    Object.assign(document.life.process, change);
    database.run("UPDATE containers SET document = ? WHERE id = ?", JSON.stringify(document), id);
  } finally {
    database.close();
  }
}

async function everythingIsGone(): Promise<void> {
  expect(findProcesses("conmon", engine.execRoot)).toEqual([]);
  const { stdout } = await sandbox.run([
    "sh",
    "-c",
    `ls ${engine.execRoot}/containers ${engine.execRoot}/exits ${engine.execRoot}/runtime`,
  ]);
  expect(stdout).not.toMatch(/[0-9a-f]{64}/);
  expect(readFileSync(`/proc/${sandbox.pid}/mountinfo`, "utf8")).not.toMatch(new RegExp(`${sandbox.folder}.*/containers/[0-9a-f]{64}`));
}

describe("what cannot be the same process is not adopted", () => {
  test("another start time under the same pid", async () => {
    const id = await runContainer(engine.api, { name: "gone", command: ["sleep", "600"] });
    await again(() => {
      process.kill(monitorOf(id), "SIGKILL");
      fakeIdentity(id, { pidStartTime: "1" });
    });
    const { State } = await inspect(engine.api, "gone");
    expect(State).toMatchObject({ Status: "exited", ExitCode: 255, Pid: 0 });
    await everythingIsGone();
    expect((await engine.api.post("/containers/gone/start")).status).toBe(204);
    expect((await engine.api.delete("/containers/gone?force=1")).status).toBe(204);
  });

  test("a pid that belongs to a foreign process, which is left alone", async () => {
    const id = await runContainer(engine.api, { name: "gone", command: ["sleep", "600"] });
    const foreign = sandbox.start("foreign", ["sleep", "77"]);
    await until(async () => (await sandbox.run(["pgrep", "-f", "^sleep 77"])).code === 0, 5000, "no foreign process");
    const pid = Number((await sandbox.run(["pgrep", "-f", "^sleep 77"])).stdout.trim());
    await again(() => fakeIdentity(id, { pid }));
    expect(await statusOf(engine.api, "gone")).toBe("exited");
    await everythingIsGone();
    expect((await sandbox.run(["pgrep", "-f", "^sleep 77"])).stdout.trim()).toBe(String(pid));
    foreign.signal("SIGKILL");
    await foreign.exited;
  });

  test("after another boot all have exited, and policies start again what they want", async () => {
    const policy = (Name: string): Record<string, unknown> => ({ RestartPolicy: { Name } });
    await runContainer(engine.api, { name: "plain", command: ["sleep", "600"] });
    await runContainer(engine.api, { name: "removed", command: ["sleep", "600"], host: { AutoRemove: true } });
    await runContainer(engine.api, { name: "always", command: ["sh", "-c", "echo run; sleep 600"], host: policy("always") });
    await runContainer(engine.api, { name: "unless", command: ["sleep", "600"], host: policy("unless-stopped") });
    await runContainer(engine.api, { name: "halted", command: ["sleep", "600"], host: policy("unless-stopped") });
    await runContainer(engine.api, {
      name: "serves",
      command: ["sleep", "600"],
      host: { ...policy("always"), PortBindings: { "80/tcp": [{ HostPort: "8077" }] } },
    });
    expect((await engine.api.post("/containers/halted/stop?t=0")).status).toBe(204);
    const before = await inspect(engine.api, "always");
    await again(() => undefined, { BERTH_TEST_BOOT_ID: "another-boot" });
    expect((await inspect(engine.api, "plain")).State).toMatchObject({ Status: "exited", ExitCode: 255, Pid: 0 });
    expect(await statusOf(engine.api, "removed")).toBe("gone");
    expect(await statusOf(engine.api, "halted")).toBe("exited");
    for (const name of ["always", "unless", "serves"]) await untilStatus(engine.api, name, "running");
    expect((await inspect(engine.api, "always")).State.Pid).not.toBe(before.State.Pid);
    await until(async () => (await logLines(engine.api, "always")).length === 2, 5000, "the log does not go on");
    expect(await exec(engine.api, "serves", ["echo", "in"])).toBe("in\n");
    // The same boot again: now they are adopted.
    const now = await inspect(engine.api, "always");
    await again(() => undefined, { BERTH_TEST_BOOT_ID: "another-boot" });
    expect((await inspect(engine.api, "always")).State.Pid).toBe(now.State.Pid);
    for (const name of ["plain", "always", "unless", "halted", "serves"]) {
      expect((await engine.api.delete(`/containers/${name}?force=1`)).status).toBe(204);
    }
    await everythingIsGone();
  });
});

describe("what has ended", () => {
  test("its code is waited for when the monitor is still about to tell it", async () => {
    const command = ["sh", "-c", "while [ ! -e /tmp/end9 ]; do sleep 0.05; done; exit 9"];
    const id = await runContainer(engine.api, { name: "ending", command });
    const monitor = monitorOf(id);
    const steps = `${sandbox.folder}/steps`;
    const recovering = (): boolean => existsSync(steps) && readFileSync(steps, "utf8").includes("recover.volumes");
    let goesOn: Promise<void> = Promise.resolve();
    const meanwhile = async (): Promise<void> => {
      process.kill(monitor, "SIGSTOP");
      const [pid] = findProcesses("while [ ! -e /tmp/end9 ]");
      writeFileSync(`/proc/${pid}/root/tmp/end9`, "");
      await until(() => findProcesses("while [ ! -e /tmp/end9 ]").length === 0, 5000, "it did not end");
      goesOn = until(recovering, 20_000, "the recovery did not begin").then(async () => {
        await Bun.sleep(300);
        process.kill(monitor, "SIGCONT");
      });
    };
    await again(meanwhile, { BERTH_TEST_STEPS: steps });
    await goesOn;
    expect((await inspect(engine.api, "ending")).State).toMatchObject({ Status: "exited", ExitCode: 9, Error: "" });
    await everythingIsGone();
  });
});

describe("what can no longer be watched over is ended", () => {
  test("a killed monitor: code 137, the reason, and nothing of the container goes on", async () => {
    const id = await runContainer(engine.api, { name: "orphan", command: ["sh", "-c", "sleep 601 & sleep 602"] });
    await runContainer(engine.api, { name: "other", command: ["sleep", "600"] });
    const waiting = engine.api.post("/containers/orphan/wait");
    const monitor = monitorOf(id);
    process.kill(monitor, "SIGKILL");
    expect((await waiting).json<{ StatusCode: number }>().StatusCode).toBe(137);
    const { State } = await inspect(engine.api, "orphan");
    expect(State).toMatchObject({ Status: "exited", ExitCode: 137 });
    expect(State.Error).toContain("the container's monitor (conmon, process ");
    expect(State.Error).toContain("was killed");
    expect(findProcesses("sleep 601")).toEqual([]);
    expect(await statusOf(engine.api, "other")).toBe("running");
    expect((await engine.api.post("/containers/orphan/start")).status).toBe(204);
    expect((await inspect(engine.api, "orphan")).State.Error).toBe("");
  });

  test("a monitor that was killed while no daemon was there", async () => {
    const id = await runContainer(engine.api, { name: "orphan", command: ["sleep", "603"] });
    const always = await runContainer(engine.api, {
      name: "always",
      command: ["sleep", "604"],
      host: { RestartPolicy: { Name: "always" } },
    });
    await again(() => {
      for (const each of [id, always]) process.kill(monitorOf(each), "SIGKILL");
    });
    const { State } = await inspect(engine.api, "orphan");
    expect(State).toMatchObject({ Status: "exited", ExitCode: 137 });
    expect(State.Error).toContain("was killed while the daemon was down");
    expect(findProcesses("sleep 603")).toEqual([]);
    await untilStatus(engine.api, "always", "running");
    expect(findProcesses("sleep 604").length).toBe(1);
    for (const name of ["orphan", "always"]) expect((await engine.api.delete(`/containers/${name}?force=1`)).status).toBe(204);
    await everythingIsGone();
  });

  test("an exec root that was emptied while no daemon was there", async () => {
    await runContainer(engine.api, { name: "plain", command: ["sleep", "605"] });
    await runContainer(engine.api, {
      name: "always",
      command: ["sleep", "606"],
      host: { RestartPolicy: { Name: "always" }, PortBindings: { "80/tcp": [{ HostPort: "8066" }] } },
    });
    await runContainer(engine.api, { name: "removed", command: ["sleep", "607"], host: { AutoRemove: true } });
    await again(async () => {
      const { execRoot } = engine;
      const emptied = await sandbox.run([
        "sh",
        "-c",
        `umount -l ${execRoot}/netns/* ${execRoot}/crun 2>/dev/null; rm -rf ${execRoot} && mkdir ${execRoot}`,
      ]);
      expect(emptied.code).toBe(0);
    });
    const { State } = await inspect(engine.api, "plain");
    expect(State).toMatchObject({ Status: "exited", ExitCode: 137 });
    expect(State.Error).toContain("were removed while the daemon was down");
    expect(await statusOf(engine.api, "removed")).toBe("gone");
    await untilStatus(engine.api, "always", "running");
    for (const word of ["sleep 605", "sleep 607"]) expect(findProcesses(word)).toEqual([]);
    expect(findProcesses("sleep 606").length).toBe(1);
    expect(await exec(engine.api, "always", ["echo", "in"])).toBe("in\n");
    expect((await engine.api.post("/containers/plain/start")).status).toBe(204);
    for (const name of ["plain", "always"]) expect((await engine.api.delete(`/containers/${name}?force=1`)).status).toBe(204);
    await everythingIsGone();
    // The kernel takes an interface away some time after its namespace.
    await until(async () => !(await sandbox.run(["ip", "-o", "link"])).stdout.includes("veth"), 15_000, "a veth is left");
    expect((await sandbox.run(["nft", "list", "ruleset"])).stdout).not.toContain("8066");
  });
});
