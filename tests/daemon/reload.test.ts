import { afterAll, beforeAll, expect, test } from "bun:test";
import { writeFileSync } from "node:fs";
import { startBerth, type RunningEngine } from "../harness/engines.ts";
import { openSandbox, until, type Sandbox } from "../harness/sandbox.ts";
import { eventsSince, findProcesses, loadBusybox, runContainer } from "./kit.ts";

let sandbox: Sandbox;
let config = "";

beforeAll(async () => {
  sandbox = await openSandbox("reload");
  config = `${sandbox.folder}/daemon.json`;
});
afterAll(async () => {
  await sandbox?.close();
});

interface Info {
  readonly Labels: string[];
  readonly LiveRestoreEnabled: boolean;
  readonly Debug: boolean;
}

async function reload(engine: RunningEngine, text: string): Promise<void> {
  writeFileSync(config, text);
  const count = (): number => engine.log().split(/configuration was (?:not )?read again/).length;
  const before = count();
  engine.process.signal("SIGHUP");
  await until(() => count() > before, 10_000, "the daemon did not read its configuration again");
}

test("SIGHUP takes over log level, labels, live-restore and shutdown-timeout, and says so", async () => {
  writeFileSync(config, JSON.stringify({ labels: ["place=here"], "log-level": "info" }));
  const engine = await startBerth(sandbox, { flags: ["--config-file", config] });
  await loadBusybox(engine);
  const info = async (): Promise<Info> => (await engine.api.get("/info")).json<Info>();
  expect(await info()).toMatchObject({ Labels: ["place=here"], LiveRestoreEnabled: true, Debug: false });
  const beganMs = Date.now();
  await runContainer(engine.api, { name: "stays", command: ["sleep", "600"] });
  expect(engine.log()).not.toContain("level=debug");

  await reload(
    engine,
    JSON.stringify({ labels: ["place=there", "more=yes"], "log-level": "debug", "live-restore": false, "shutdown-timeout": 1 }),
  );
  expect(await info()).toMatchObject({ Labels: ["place=there", "more=yes"], LiveRestoreEnabled: false, Debug: true });
  expect((await engine.api.get("/containers/stays/json")).text).toContain('"Status":"running"');
  const [event] = await eventsSince(engine.api, beganMs, "daemon");
  expect(event?.Action).toBe("reload");
  expect(event?.Actor.Attributes).toMatchObject({
    labels: '["place=there","more=yes"]',
    "live-restore": "false",
    "shutdown-timeout": "1",
    debug: "true",
  });
  expect(event?.Actor.ID).toBe((await engine.api.get("/info")).json<{ ID: string }>().ID);
  await until(() => engine.log().includes("level=debug"), 5000, "nothing is logged at the new level");

  // What is wrong in the file changes nothing.
  await reload(engine, "{ this is no JSON");
  expect(await info()).toMatchObject({ Labels: ["place=there", "more=yes"], LiveRestoreEnabled: false });
  await reload(engine, JSON.stringify({ "no-such-option": 1 }));
  expect(engine.log()).toContain("the following directives don't match any configuration option: no-such-option");
  expect(await info()).toMatchObject({ LiveRestoreEnabled: false });
  expect((await eventsSince(engine.api, beganMs, "daemon")).length).toBe(1);

  // The new settings are those that count at the end.
  await engine.stop();
  expect(findProcesses("conmon", engine.execRoot)).toEqual([]);
  const next = await startBerth(sandbox, { flags: ["--config-file", "/dev/null"] });
  expect((await next.api.get("/containers/stays/json")).text).toContain('"ExitCode":137');
  await next.stop();
});

test("a reload keeps what was given as a flag, and a missing file changes nothing", async () => {
  writeFileSync(config, JSON.stringify({ labels: ["a=1"] }));
  const engine = await startBerth(sandbox, { flags: ["--config-file", config, "--live-restore=false", "--log-level", "warn"] });
  const info = async (): Promise<Info> => (await engine.api.get("/info")).json<Info>();
  writeFileSync(config, JSON.stringify({ labels: ["a=2"] }));
  engine.process.signal("SIGHUP");
  await until(async () => (await info()).Labels[0] === "a=2", 10_000, "the labels did not change");
  expect(await info()).toMatchObject({ LiveRestoreEnabled: false, Debug: false });
  await sandbox.run(["rm", config]);
  engine.process.signal("SIGHUP");
  await until(() => engine.log().includes("the configuration was not read again"), 10_000, "the missing file was not told");
  expect(await info()).toMatchObject({ Labels: ["a=2"], LiveRestoreEnabled: false });
  await engine.stop();
});
