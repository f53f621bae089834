// time limit: 10 minutes
import { afterAll, beforeAll, describe, expect, setDefaultTimeout, test } from "bun:test";
import { eventsSince, runContainer } from "../daemon/kit.ts";
import { until } from "../harness/sandbox.ts";
import { type Lives, openLives } from "../restart/kit.ts";

// Everything here waits for conditions; a busy machine may need long for them.
setDefaultTimeout(120_000);

let lives: Lives;

beforeAll(async () => {
  lives = await openLives("health");
});
afterAll(async () => {
  await lives?.[Symbol.asyncDispose]();
});

const sick = ["--health-cmd", "test ! -e /tmp/sick", "--health-interval", "100ms", "--health-retries", "2"];

async function run(name: string, ...flags: readonly string[]): Promise<void> {
  const made = await lives.berth("run", "-d", "--name", name, "--network", "none", ...flags, "busybox", "sleep", "600");
  expect([made.code, made.code === 0 ? "" : made.stderr]).toEqual([0, ""]);
}

async function makeSick(name: string): Promise<void> {
  await lives.untilSeen(name, "it is not healthy", ({ State }) => State.Health?.Status === "healthy");
  expect((await lives.berth("exec", name, "touch", "/tmp/sick")).code).toBe(0);
}

/** How many processes that live have a word in their command line. */
async function alive(word: string): Promise<number> {
  const { stdout } = await lives.sandbox.run(["ps", "-eo", "stat=,args="]);
  return stdout.split("\n").filter((line) => line.includes(word) && !line.startsWith("Z") && !line.includes("ps -eo")).length;
}

/** How many processes have exactly this command line: a shell that has just forked still has its parent's. */
async function running(command: string): Promise<number> {
  const { stdout } = await lives.sandbox.run(["ps", "-eo", "stat=,args="]);
  return stdout.split("\n").filter((line) => /^[^Z]\S*\s+(.*)$/.exec(line)?.[1] === command).length;
}

describe("a check", () => {
  test("that hangs is killed at its timeout with all that it started, the container's own processes go on", async () => {
    const check = "sleep 8001 & setsid sh -c 'sleep 8002 & sleep 8003' & (sleep 8004 &) ; echo begun; sleep 8005";
    const flags = ["--health-cmd", check, "--health-interval", "200ms", "--health-timeout", "700ms", "--health-retries", "1"];
    await run("hangs", ...flags);
    await until(async () => (await alive("sleep 800")) >= 5, 20_000, "the check does not run");
    const seen = await lives.untilSeen("hangs", "the check goes on", ({ State }) => (State.Health?.Log.length ?? 0) >= 2);
    expect(seen.State.Health?.Log[0]).toMatchObject({ ExitCode: -1, Output: "Health check exceeded timeout (700ms): begun\n" });
    expect(seen.State.Health?.Status).toBe("unhealthy");
    // Of several checks never more than one is there.
    for (let look = 0; look < 20; look++) {
      expect(await running("sleep 8005")).toBeLessThanOrEqual(1);
      await Bun.sleep(20);
    }
    expect(await alive("sleep 600")).toBe(1);
    expect((await lives.api.post("/containers/hangs/stop?t=0")).status).toBe(204);
    expect(await alive("sleep 800")).toBe(0);
    await lives.remove("hangs");
  });

  test("that ends in time may leave something in the background, and leaves no control groups without anybody in them", async () => {
    const check = "test -e /tmp/begun || { touch /tmp/begun; setsid sleep 8101 >/dev/null 2>&1 </dev/null & }; echo fine";
    await run("leaves", "--health-cmd", check, "--health-interval", "100ms");
    const seen = await lives.untilSeen("leaves", "it is not checked", ({ State }) => (State.Health?.Log.length ?? 0) >= 5);
    expect(seen.State.Health).toMatchObject({ Status: "healthy", FailingStreak: 0 });
    expect(await alive("sleep 8101")).toBe(1);
    const groups = async (): Promise<string[]> =>
      (await lives.sandbox.run(["find", "/sys/fs/cgroup", "-type", "d", "-path", `*${lives.sandbox.cgroupParent}/*/berth-exec-*`])).stdout
        .split("\n")
        .filter((line) => line !== "");
    // One has the sleeper in it, and one may be of a check that runs now; each tree that has it counts once.
    await until(
      async () => new Set((await groups()).map((group) => group.split("/").at(-1))).size <= 2,
      20_000,
      "control groups of checks are left",
    );
    await lives.remove("leaves");
    expect(await alive("sleep 8101")).toBe(0);
  });

  test("is shown as an exec, in events, in ps and its filter", async () => {
    const since = Date.now() - 1;
    await run("shown", "--health-cmd", "exit 0", "--health-interval", "200ms");
    await lives.untilSeen("shown", "it is not healthy", ({ State }) => State.Health?.Status === "healthy");
    expect((await lives.berth("ps", "--filter", "health=healthy")).stdout).toContain("(healthy)");
    expect((await lives.berth("ps", "-q", "--filter", "health=unhealthy")).stdout).toBe("");
    const actions = (await eventsSince(lives.api, since, "container")).map(({ Action }) => Action);
    const first = actions.indexOf("exec_create: /bin/sh -c exit 0");
    expect(actions.slice(first, first + 4)).toEqual([
      "exec_create: /bin/sh -c exit 0",
      "exec_start: /bin/sh -c exit 0",
      "exec_die",
      "health_status: healthy",
    ]);
    await lives.remove("shown");
  });
});

describe("over the daemon's death", () => {
  test("status and streak are kept, checks go on, and results of a check that was under way are not invented", async () => {
    await run("kept", ...sick.slice(0, -1), "1000");
    await makeSick("kept");
    const before = await lives.untilSeen("kept", "it does not fail", ({ State }) => (State.Health?.FailingStreak ?? 0) >= 3);
    await lives.kill();
    await lives.begin();
    const after = await lives.seen("kept");
    expect(after.State.Pid).toBe(before.State.Pid);
    expect(after.State.Health?.Status).toBe("healthy");
    expect(after.State.Health?.FailingStreak).toBeGreaterThanOrEqual(before.State.Health?.FailingStreak ?? 99);
    await lives.untilSeen(
      "kept",
      "checks do not go on",
      ({ State }) => (State.Health?.FailingStreak ?? 0) > (after.State.Health?.FailingStreak ?? 0) + 1,
    );
    expect((await lives.berth("exec", "kept", "rm", "/tmp/sick")).code).toBe(0);
    await lives.untilSeen("kept", "it does not recover", ({ State }) => State.Health?.FailingStreak === 0);
    await lives.remove("kept");
  });

  test("a check that hung when the daemon was killed is ended by the next one", async () => {
    await run("stuck", "--health-cmd", "sleep 8201", "--health-interval", "100ms", "--health-timeout", "10m");
    await until(async () => (await alive("sleep 8201")) > 0, 20_000, "the check does not run");
    await lives.kill();
    const before = await lives.sandbox.run(["pgrep", "-f", "^sleep 8201"]);
    await lives.begin();
    const left = async (): Promise<string> => (await lives.sandbox.run(["pgrep", "-f", "^sleep 8201"])).stdout;
    await until(async () => !(await left()).includes(before.stdout.trim()), 20_000, "the old check lives on");
    await lives.untilSeen("stuck", "the container does not run", ({ State }) => State.Status === "running");
    await lives.remove("stuck");
    expect(await alive("sleep 8201")).toBe(0);
  });
});

describe("--health-on-failure", () => {
  test("restart: once per failure, with its policy or without one", async () => {
    await run("restarts", ...sick, "--health-on-failure", "restart", "--stop-timeout", "0", "--tmpfs", "/tmp");
    const { Pid } = (await lives.seen("restarts")).State;
    await makeSick("restarts");
    // Its /tmp is new after the start, so that it is well again.
    const again = await lives.untilSeen(
      "restarts",
      "it was not restarted",
      ({ State, RestartCount }) => RestartCount === 1 && State.Status === "running",
    );
    expect(again.State.Pid).not.toBe(Pid);
    await lives.untilSeen(
      "restarts",
      "it is not healthy",
      ({ State }) => State.Health?.Status === "healthy" && State.Health.FailingStreak === 0,
    );
    expect((await lives.seen("restarts")).RestartCount).toBe(1);
    await makeSick("restarts");
    await lives.untilSeen(
      "restarts",
      "it was not restarted again",
      ({ State, RestartCount }) => RestartCount === 2 && State.Status === "running",
    );
    await lives.remove("restarts");
  });

  test("stop: it stays down, whatever its policy; kill: its policy decides; none: nothing", async () => {
    await run("stops", ...sick, "--health-on-failure", "stop", "--stop-timeout", "0", "--restart", "unless-stopped");
    await run("killed", ...sick, "--health-on-failure", "kill", "--restart", "on-failure:1", "--tmpfs", "/tmp");
    await run("ends", ...sick, "--health-on-failure", "kill");
    await run("nothing", ...sick, "--health-on-failure", "none", "--restart", "always");
    for (const name of ["stops", "killed", "ends", "nothing"]) await makeSick(name);
    expect((await lives.untilSeen("stops", "it was not stopped", ({ State }) => State.Status === "exited")).RestartCount).toBe(0);
    expect((await lives.untilSeen("ends", "it was not killed", ({ State }) => State.Status === "exited")).State.ExitCode).toBe(137);
    await lives.untilSeen(
      "killed",
      "its policy was not asked",
      ({ State, RestartCount }) => RestartCount === 1 && State.Status === "running",
    );
    await lives.untilSeen("nothing", "it is not unhealthy", ({ State }) => State.Health?.Status === "unhealthy");
    expect((await lives.seen("nothing")).State.Status).toBe("running");
    await lives.kill();
    await lives.begin();
    expect((await lives.seen("stops")).State.Status).toBe("exited");
    await lives.remove("stops", "killed", "ends", "nothing");
  });

  test("a daemon that is killed in the middle: the next one finishes it, and who stopped by hand is respected", async () => {
    for (const step of ["health.row", "health.act", "stop.signal", "exit.row", "start.row"]) {
      for (const moment of ["before", "after"]) {
        await lives.engine.stop();
        // The first `health.row` is the first success, the next ones are failures.
        const count = step === "health.row" ? 3 : step === "start.row" ? 2 : 1;
        await lives.begin({ env: { BERTH_TEST_CRASH: `${step}:${moment}:${count}` } });
        let died = false;
        void lives.engine.process.exited.then(() => {
          died = true;
        });
        await run("crashes", ...sick, "--health-on-failure", "restart", "--stop-timeout", "0", "--tmpfs", "/tmp");
        // Written by the container itself: no exec of ours needs the daemon then.
        await lives.untilSeen("crashes", "it is not healthy", ({ State }) => State.Health?.Status === "healthy");
        await lives.berth("exec", "crashes", "touch", "/tmp/sick");
        await until(() => died, 30_000, `the daemon lives on at ${step}:${moment}`);
        await lives.begin();
        await lives.untilSeen(
          "crashes",
          `it was not restarted after a death at ${step}:${moment}`,
          ({ State, RestartCount }) => State.Status === "running" && RestartCount >= 1 && State.Health?.Status !== "unhealthy",
        );
        await lives.remove("crashes");
      }
    }
    // Decided, but stopped by hand before the next daemon came to it.
    await lives.engine.stop();
    await lives.begin({ env: { BERTH_TEST_CRASH: "health.act:before" } });
    const gone = lives.engine.process.exited;
    await run("byhand", ...sick, "--health-on-failure", "restart", "--stop-timeout", "0");
    await makeSick("byhand");
    await gone;
    await lives.begin({ env: { BERTH_TEST_CRASH: "health.act:before" } }).catch(() => undefined);
    await lives.engine.process.exited;
    await lives.begin();
    await lives.untilSeen("byhand", "it was not restarted", ({ RestartCount, State }) => RestartCount >= 1 && State.Status === "running");
    expect((await lives.api.post("/containers/byhand/stop?t=0")).status).toBe(204);
    await lives.kill();
    await lives.begin();
    expect((await lives.seen("byhand")).State.Status).toBe("exited");
    await lives.remove("byhand");
  }, 240_000);
});

describe("many checks at once", () => {
  test("60 containers that are checked each second are healthy, and still are when a killed daemon has a successor", async () => {
    const names = Array.from({ length: 60 }, (_, index) => `crowd${index}`);
    const config = { Healthcheck: { Test: ["CMD", "true"], Interval: 1e9, Timeout: 30e9 } };
    await Promise.all(
      names.map((name) => runContainer(lives.api, { name, command: ["sleep", "600"], host: { NetworkMode: "none" }, config })),
    );
    for (const name of names) await lives.untilSeen(name, "it is not healthy", ({ State }) => State.Health?.Status === "healthy");
    await lives.kill();
    await lives.begin();
    for (const name of names) {
      const { State } = await lives.seen(name);
      expect([name, State.Health?.Status]).toEqual([name, "healthy"]);
    }
    await Promise.all(names.map((name) => lives.remove(name)));
  });
});

describe("exec and pause", () => {
  test("an exec that comes while the container is being paused is refused at once or runs, and none hangs", async () => {
    await run("races");
    const outcomes = new Set<number>();
    for (let round = 0; round < 12; round++) {
      const execs = Array.from({ length: 4 }, async () => {
        const created = await lives.api.post("/containers/races/exec", { Cmd: ["true"] });
        if (created.status !== 201) return created.status;
        return (await lives.api.post(`/exec/${created.json<{ Id: string }>().Id}/start`, { Detach: true })).status;
      });
      await Bun.sleep(round * 2);
      expect((await lives.api.post("/containers/races/pause")).status).toBe(204);
      expect((await lives.api.post("/containers/races/exec", { Cmd: ["true"] })).status).toBe(409);
      expect((await lives.api.post("/containers/races/unpause")).status).toBe(204);
      for (const outcome of await Promise.all(execs)) outcomes.add(outcome);
    }
    expect([...outcomes].every((code) => [200, 409].includes(code))).toBe(true);
    await lives.remove("races");
  });
});
