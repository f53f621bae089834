import { afterAll, afterEach, beforeAll, expect, setDefaultTimeout, test } from "bun:test";
import { until } from "../harness/sandbox.ts";
import { type Desk, openDesk } from "./kit.ts";

setDefaultTimeout(90_000);

let desk: Desk;

beforeAll(async () => {
  desk = await openDesk("life");
}, 90_000);
afterAll(async () => {
  await desk?.[Symbol.asyncDispose]();
}, 30_000);
afterEach(async () => {
  const ids = (await desk.must("ps", "-aq")).trim().split("\n").filter(Boolean);
  if (ids.length > 0) await desk.must("rm", "-f", ...ids);
});

const forever = "trap exit TERM; while :; do sleep 0.1; done";
const run = (name: string, ...words: readonly string[]): Promise<string> =>
  desk.must("run", "-d", "--name", name, ...words, "busybox", "sh", "-c", forever);
const allNames = async (): Promise<string[]> => (await desk.must("ps", "-a", "--format", "{{.Names}}")).trim().split("\n");
const valueOf = async (name: string, template: string): Promise<string> => (await desk.must("inspect", "-f", template, name)).trim();

test("run --replace puts a new container in the place of the old one, with its port", async () => {
  const first = (await run("web", "-p", "9090:80")).trim();
  const again = (await run("web", "--replace", "-p", "9090:80", "-e", "A=1")).trim();
  expect(again).not.toBe(first);
  expect(await allNames()).toEqual(["web"]);
  expect(await valueOf("web", "{{.Id}} {{.State.Running}} {{json .NetworkSettings.Ports}}")).toStartWith(
    `${again} true {"80/tcp":[{"HostIp":"0.0.0.0","HostPort":"9090"}`,
  );
  // Attached, of a stopped one, with --rm; and where nothing has the name it is as without.
  await desk.must("stop", "web");
  expect(await desk.berth("run", "--replace", "--rm", "--name", "web", "busybox", "sh", "-c", "echo here; exit 4")).toMatchObject({
    code: 4,
    stdout: "here\n",
  });
  expect(await allNames()).toEqual([""]);
  await run("web", "--replace", "--rm");
  const last = (await run("web", "--replace", "--rm")).trim();
  expect(await valueOf("web", "{{.Id}}")).toBe(last);
});

test("run --replace loses nothing by a configuration that cannot be, or a program that cannot start", async () => {
  const first = (await run("web", "-p", "9090:80")).trim();
  const started = await valueOf("web", "{{.State.StartedAt}}");
  for (const wrong of [["nosuchimage"], ["--memory", "1k", "busybox"], ["-p", "90:", "busybox"]]) {
    expect((await desk.berth("run", "-d", "--replace", "--name", "web", ...wrong, "true")).code).toBe(125);
  }
  expect(await valueOf("web", "{{.Id}} {{.State.StartedAt}}")).toBe(`${first} ${started}`);
  const failed = await desk.berth("run", "-d", "--replace", "--name", "web", "-p", "9090:80", "busybox", "nosuchprogram");
  expect([failed.code, failed.stdout]).toEqual([127, ""]);
  expect(failed.stderr).toContain("Nothing was replaced: container web runs again as before.");
  await run("other", "-p", "9191:80");
  const taken = await desk.berth("run", "--replace", "--name", "web", "-p", "9191:80", "busybox", "true");
  expect([taken.code, taken.stderr.includes("Nothing was replaced: container web runs again as before.")]).toEqual([125, true]);
  expect(await valueOf("web", "{{.Id}} {{.State.Running}}")).toBe(`${first} true`);
  expect((await allNames()).sort()).toEqual(["other", "web"]);
  expect(await desk.berth("run", "--replace", "busybox", "true")).toMatchObject({
    code: 125,
    stderr: expect.stringContaining("--replace needs a --name") as string,
  });
});

test("wait --until sees every state, of several containers at once", async () => {
  const health = ["--health-cmd", "test -e /tmp/well", "--health-interval", "200ms", "--health-retries", "2"];
  await desk.must("create", "--name", "late", "busybox", "sh", "-c", forever);
  await run("sick", ...health);
  const [running, unhealthy] = [
    desk.berth("wait", "--until", "running", "late", "sick"),
    desk.berth("wait", "--until", "unhealthy", "sick"),
  ];
  await desk.must("start", "late");
  expect(await running).toEqual({ code: 0, stdout: "late\nsick\n", stderr: "" });
  expect(await unhealthy).toEqual({ code: 0, stdout: "sick\n", stderr: "" });
  const healthy = desk.berth("wait", "--until", "healthy", "--timeout", "60s", "sick");
  await desk.must("exec", "sick", "touch", "/tmp/well");
  expect(await healthy).toEqual({ code: 0, stdout: "sick\n", stderr: "" });
  const paused = desk.berth("wait", "--until", "paused", "late");
  await desk.must("pause", "late");
  expect((await paused).stdout).toBe("late\n");
  await desk.must("unpause", "late");
  const [stopped, removed] = [desk.berth("wait", "--until", "stopped", "late"), desk.berth("wait", "--until", "removed", "sick")];
  await desk.must("stop", "late");
  await desk.must("rm", "-f", "sick");
  expect((await stopped).stdout).toBe(`${await valueOf("late", "{{.State.ExitCode}}")}\n`);
  expect((await removed).stdout).toBe("sick\n");
});

test("wait --until says when it will never be, and gives up in time", async () => {
  await run("plain");
  expect(await desk.berth("wait", "--until", "healthy", "plain")).toMatchObject({
    code: 1,
    stdout: "",
    stderr: expect.stringContaining("has no health check") as string,
  });
  expect(await desk.berth("wait", "--until", "paused", "--timeout", "300ms", "plain")).toEqual({
    ...{ code: 124, stdout: "", stderr: "berth: container plain was not paused within 0.3s\n" },
  });
  expect(await desk.berth("wait", "--timeout", "300ms", "plain")).toMatchObject({
    code: 124,
    stderr: "berth: container plain did not end within 0.3s\n",
  });
  await run("ends", "--health-cmd", "false", "--health-interval", "1h");
  const [healthy, gone] = [desk.berth("wait", "--until", "healthy", "ends"), desk.berth("wait", "--until", "paused", "plain")];
  // Both have looked once when they follow the events.
  await Bun.sleep(500);
  await desk.must("stop", "ends");
  await desk.must("rm", "-f", "plain");
  expect(await healthy).toMatchObject({ code: 1, stderr: expect.stringMatching(/ends ended with \d+ before it was healthy/) as string });
  expect(await gone).toMatchObject({
    code: 1,
    stderr: expect.stringMatching(/plain (was removed|ended with 137) before it was paused/) as string,
  });
  expect(await desk.berth("wait", "--until", "happy", "ends")).toMatchObject({ code: 125 });
  expect(await desk.berth("wait", "--until", "running", "nothing")).toMatchObject({
    code: 1,
    stderr: expect.stringContaining("No such container") as string,
  });
});

test("events in words on a terminal and where asked for; docker's form in pipes", async () => {
  const terminal = desk.open("events", "--filter", "container=told");
  const since = String(Date.now() / 1000);
  await until(
    async () => {
      await desk.must("run", "--rm", "--name", "told", "busybox", "true");
      return terminal.output().includes("told");
    },
    60_000,
    "no event is told",
  );
  await terminal.expect("\x1b[0m  \x1b[1mtold\x1b[0m \x1b[32mstarted\x1b[0m\r\n");
  terminal.type("\x03");
  expect(await terminal.exited).toBe(130);
  await desk.must("run", "-d", "--name", "told", "--health-cmd", "true", "--health-interval", "200ms", "busybox", "sh", "-c", forever);
  await desk.must("wait", "--until", "healthy", "told");
  await Bun.sleep(600);
  await desk.must("rename", "told", "renamed");
  await desk.berth("exec", "renamed", "sh", "-c", "exit 3");
  await desk.must("kill", "renamed");
  await desk.must("wait", "renamed");
  await desk.must("rm", "renamed");
  const lines = (await desk.must("events", "--words", "--since", since, "--until", "0s", "--filter", "type=container"))
    .trimEnd()
    .split("\n");
  const words = lines.slice(lines.findLastIndex((line) => line.endsWith("told was created from busybox"))).map((line) => line.slice(10));
  const order = [
    "told was created from busybox",
    "told started",
    "told runs: /bin/sh -c true",
    "told is healthy",
    "renamed was called told before",
  ];
  const more = [
    "renamed runs: sh -c exit 3",
    "renamed had a command end with 3",
    "renamed was sent SIGKILL",
    "renamed ended with 137 (SIGKILL)",
    "renamed was removed",
  ];
  let at = -1;
  for (const line of [...order, ...more]) {
    const found = words.indexOf(line, at + 1);
    expect([line, found > at]).toEqual([line, true]);
    at = found;
  }
  expect(words.filter((line) => line === "told runs: /bin/sh -c true").length).toBeLessThanOrEqual(2);
  expect(await desk.must("events", "--since", since, "--until", "0s", "--filter", "event=rename")).toMatch(
    /^\d{4}-\d\d-\d\dT\S+ container rename [0-9a-f]{64} \(image=busybox, name=renamed, oldName=\/told\)\n$/,
  );
});
