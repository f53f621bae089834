import { afterAll, beforeAll, describe, expect, setDefaultTimeout, test } from "bun:test";
import { type Lives, openLives } from "./kit.ts";

// Everything here waits for conditions; a busy machine may need long for them.
setDefaultTimeout(120_000);

let lives: Lives;

beforeAll(async () => {
  lives = await openLives("requires");
});
afterAll(async () => {
  await lives?.[Symbol.asyncDispose]();
});

async function create(name: string, ...flags: readonly string[]): Promise<string> {
  const made = await lives.berth("create", "--name", name, "--network", "none", ...flags, "busybox", "sleep", "600");
  expect([name, made.code, made.code === 0 ? "" : made.stderr]).toEqual([name, 0, ""]);
  return made.stderr;
}

async function states(...names: readonly string[]): Promise<string[]> {
  return Promise.all(names.map(async (name) => (await lives.seen(name)).State.Status));
}

/** Asserts who started before whom. */
async function inOrder(...names: readonly string[]): Promise<void> {
  const times = await Promise.all(names.map(async (name) => Date.parse((await lives.seen(name)).State.StartedAt)));
  expect([...times].sort((a, b) => a - b)).toEqual(times);
}

const healthyLater = ["--health-cmd", "test -e /tmp/well", "--health-interval", "100ms", "--health-retries", "1000"];

describe("start order", () => {
  test("start begins with what is required, and with what that requires, also if it was stopped by hand", async () => {
    await create("db");
    await create("queue", "--requires", "db");
    expect(await create("web", "--requires", "queue:started", "--requires", "db")).toBe("");
    expect((await lives.berth("start", "web")).code).toBe(0);
    expect(await states("db", "queue", "web")).toEqual(["running", "running", "running"]);
    await inOrder("db", "queue", "web");
    const { Pid } = (await lives.seen("db")).State;
    expect((await lives.api.post("/containers/queue/stop?t=0")).status).toBe(204);
    expect((await lives.api.post("/containers/web/restart?t=0")).status).toBe(204);
    expect(await states("db", "queue", "web")).toEqual(["running", "running", "running"]);
    expect((await lives.seen("db")).State.Pid).toBe(Pid);
    await lives.remove("web", "queue", "db");
  });

  test("waits for what has to be healthy, and tells what never will be", async () => {
    await create("db", ...healthyLater);
    await create("web", "--requires", "db:healthy");
    let answered = false;
    const starting = lives.berth("start", "web").then((result) => {
      answered = true;
      return result;
    });
    await lives.untilSeen("db", "db was not checked", ({ State }) => (State.Health?.Log.length ?? 0) >= 3);
    expect([answered, ...(await states("db", "web"))]).toEqual([false, "running", "created"]);
    expect((await lives.berth("exec", "db", "touch", "/tmp/well")).code).toBe(0);
    expect((await starting).code).toBe(0);
    expect((await lives.seen("db")).State.Health?.Status).toBe("healthy");
    expect(await states("web")).toEqual(["running"]);
    await lives.remove("web", "db");
    await create("sick", "--health-cmd", "false", "--health-interval", "50ms", "--health-retries", "2");
    await create("plain");
    for (const [other, why] of [
      ["sick", "it requires container sick to be healthy, but it is unhealthy"],
      ["plain", "it requires container plain to be healthy, but it has no health check"],
    ] as const) {
      await create("web", "--requires", `${other}:healthy`);
      const refused = await lives.api.post("/containers/web/start");
      expect([refused.status, refused.json<{ message: string }>().message]).toEqual([409, `cannot start container web: ${why}`]);
      await lives.remove("web");
    }
    await lives.remove("sick", "plain");
  });

  test("circles and missing ones are told in words", async () => {
    expect(await create("first", "--requires", "second")).toContain("container first requires container second, which does not exist yet");
    const missing = await lives.berth("start", "first");
    expect([missing.code, missing.stderr]).toEqual([1, expect.stringContaining("it requires container second, which does not exist")]);
    const circle = await lives.berth("create", "--name", "second", "--requires", "first", "busybox");
    expect([circle.code, circle.stderr]).toEqual([
      1,
      expect.stringContaining("container second cannot require container first: first requires second"),
    ]);
    const itself = await lives.berth("create", "--name", "alone", "--requires", "alone", "busybox");
    expect(itself.stderr).toContain("container alone cannot require itself");
    // A name that somebody takes later can close one all the same.
    await create("third", "--requires", "first");
    expect((await lives.berth("rename", "third", "second")).code).toBe(0);
    const closed = await lives.berth("start", "second");
    expect([closed.code, closed.stderr]).toEqual([1, expect.stringContaining("requires container second, which requires it in turn")]);
    expect(await states("first", "second")).toEqual(["created", "created"]);
    await lives.remove("first", "second");
  });

  test("what does not start keeps back what requires it", async () => {
    await create("broken", "--mount", `type=bind,source=${lives.sandbox.folder},target=/x`, "--user", "nosuchuser");
    await create("web", "--requires", "broken");
    const refused = await lives.berth("start", "web");
    expect([refused.code, refused.stderr]).toEqual([1, expect.stringContaining("it requires container broken, which does not start: ")]);
    expect(await states("web")).toEqual(["created"]);
    await lives.remove("web", "broken");
  });

  test("holds at the machine's boot, over a daemon that is killed on the way, and is tried again until it can", async () => {
    await create("db", ...healthyLater, "--restart", "always");
    await create("web", "--requires", "db:healthy", "--restart", "always", "--restart-delay", "50ms", "--restart-max-delay", "200ms");
    await create("cache");
    await create("front", "--requires", "web", "--requires", "cache", "--restart", "unless-stopped");
    expect((await lives.berth("start", "db")).code).toBe(0);
    expect((await lives.berth("exec", "db", "touch", "/tmp/well")).code).toBe(0);
    expect((await lives.berth("start", "front")).code).toBe(0);
    expect((await lives.berth("exec", "db", "rm", "/tmp/well")).code).toBe(0);
    await lives.kill();
    await lives.begin({ env: { BERTH_TEST_BOOT_ID: "second" } });
    await lives.untilSeen("db", "db was not checked", ({ State }) => State.Status === "running" && State.Health?.Status === "starting");
    expect(await states("web", "front")).toEqual(["restarting", "restarting"]);
    await lives.kill();
    await lives.begin({ env: { BERTH_TEST_BOOT_ID: "second" } });
    expect((await lives.berth("exec", "db", "touch", "/tmp/well")).code).toBe(0);
    for (const name of ["web", "front", "cache"])
      await lives.untilSeen(name, `${name} does not run`, ({ State }) => State.Status === "running");
    await inOrder("db", "web", "front");
    // Stopped by hand, it stays down, and what requires it is tried until somebody starts it.
    expect((await lives.api.post("/containers/cache/stop?t=0")).status).toBe(204);
    await lives.kill();
    await lives.begin({ env: { BERTH_TEST_BOOT_ID: "third" } });
    const waits = await lives.untilSeen("front", "it does not wait", ({ State }) => State.Error !== "");
    expect(waits.State.Error).toBe("cannot start container front: it requires container cache, which was stopped");
    expect((await lives.berth("start", "cache")).code).toBe(0);
    await lives.untilSeen("front", "front does not run", ({ State }) => State.Status === "running");
    await lives.remove("front", "web", "cache", "db");
  });

  test("many that require one another's neighbours start side by side, each once", async () => {
    const names = Array.from({ length: 12 }, (_, index) => `row${index}`);
    for (const [index, name] of names.entries()) await create(name, ...(index === 0 ? [] : ["--requires", `row${index - 1}`]));
    const answers = await Promise.all(names.map((name) => lives.api.post(`/containers/${name}/start`)));
    expect(answers.every(({ status }) => status === 204 || status === 304)).toBe(true);
    expect(await states(...names)).toEqual(names.map(() => "running"));
    await inOrder(...names);
    await lives.remove(...names.reverse());
  });
});
