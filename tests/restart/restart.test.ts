// time limit: 10 minutes
import { afterAll, beforeAll, describe, expect, setDefaultTimeout, test } from "bun:test";
import { mkdirSync, rmSync } from "node:fs";
import { runContainer } from "../daemon/kit.ts";
import { type Lives, openLives } from "./kit.ts";

// Everything here waits for conditions; a busy machine may need long for them.
setDefaultTimeout(120_000);

let lives: Lives;

beforeAll(async () => {
  lives = await openLives("restart");
});
afterAll(async () => {
  await lives?.[Symbol.asyncDispose]();
});

/** Ends a container's program from outside. */
async function end(name: string): Promise<void> {
  const { State } = await lives.seen(name);
  // 0 would be the test's own process group.
  if (State.Pid <= 1) throw new Error(`${name} does not run: ${JSON.stringify(State)}; ${lives.engine.log().slice(-2000)}`);
  expect((await lives.sandbox.run(["kill", "-9", String(State.Pid)])).code).toBe(0);
}

async function status(name: string): Promise<string> {
  return (await lives.seen(name)).State.Status;
}

const quick = { "berth.restart-delay": "50ms", "berth.restart-max-delay": "200ms" };

describe("a start that fails by policy is tried again", () => {
  const source = (): string => `${lives.sandbox.folder}/source`;
  const mounts = (): Record<string, unknown> => ({
    Mounts: [{ Type: "bind", Source: source(), Target: "/in" }],
    RestartPolicy: { Name: "always" },
    Annotations: quick,
  });

  test("after its end, until it can; ps and inspect tell why", async () => {
    mkdirSync(source());
    await runContainer(lives.api, { name: "again", command: ["sleep", "600"], host: mounts() });
    rmSync(source(), { recursive: true });
    await end("again");
    const waits = await lives.untilSeen(
      "again",
      "it was not tried again",
      ({ State, RestartCount }) => State.Status === "restarting" && RestartCount >= 4,
    );
    expect(waits.State.Error).toContain("bind source path does not exist");
    expect((await lives.berth("ps")).stdout).toContain("Restarting (");
    mkdirSync(source());
    const runs = await lives.untilSeen("again", "it does not run", ({ State }) => State.Status === "running");
    expect(runs.State.Error).toBe("");
    expect(runs.Berth).toBeUndefined();
    await lives.remove("again");
    rmSync(source(), { recursive: true });
  });

  test("at the machine's boot, also when the daemon is killed meanwhile; stop ends it, and the user's own start fails at once", async () => {
    mkdirSync(source());
    await runContainer(lives.api, { name: "boots", command: ["sleep", "600"], host: mounts() });
    await lives.kill();
    rmSync(source(), { recursive: true });
    await lives.begin({ env: { BERTH_TEST_BOOT_ID: "second" } });
    await lives.untilSeen(
      "boots",
      "it was not tried at boot",
      ({ State, RestartCount }) => State.Status === "restarting" && RestartCount >= 2,
    );
    await lives.kill();
    await lives.begin({ env: { BERTH_TEST_BOOT_ID: "second" } });
    const { RestartCount } = await lives.seen("boots");
    expect(RestartCount).toBeGreaterThanOrEqual(2);
    await lives.untilSeen("boots", "it is not tried any more", (seen) => seen.RestartCount > RestartCount);
    expect((await lives.api.post("/containers/boots/stop")).status).toBe(204);
    const stopped = await lives.seen("boots");
    expect(stopped.State.Status).toBe("exited");
    const started = await lives.berth("start", "boots");
    expect([started.code, started.stderr]).toEqual([1, expect.stringContaining("bind source path does not exist")]);
    expect(await lives.seen("boots")).toMatchObject({ RestartCount: 0, State: { Status: "exited" } });
    mkdirSync(source());
    expect((await lives.berth("start", "boots")).code).toBe(0);
    await lives.remove("boots");
    rmSync(source(), { recursive: true });
  });

  test("on-failure:2 is tried twice and then left, with its error", async () => {
    mkdirSync(source());
    const host = { ...mounts(), RestartPolicy: { Name: "on-failure", MaximumRetryCount: 2 } };
    await runContainer(lives.api, { name: "twice", command: ["sleep", "600"], host });
    rmSync(source(), { recursive: true });
    await end("twice");
    const left = await lives.untilSeen("twice", "it is not left", ({ State }) => State.Status === "exited");
    expect([left.RestartCount, left.State.Error]).toEqual([2, expect.stringContaining("bind source path does not exist")]);
    await lives.remove("twice");
  });

  test("a policy that is changed during the wait is asked again", async () => {
    mkdirSync(source());
    const slow = { ...mounts(), Annotations: { "berth.restart-delay": "1s", "berth.restart-max-delay": "1s" } };
    await runContainer(lives.api, { name: "changed", command: ["sleep", "600"], host: slow });
    rmSync(source(), { recursive: true });
    await end("changed");
    await lives.untilSeen("changed", "it does not wait", ({ State }) => State.Status === "restarting");
    expect((await lives.berth("update", "--restart", "no", "changed")).code).toBe(0);
    await lives.untilSeen("changed", "it goes on", ({ State }) => State.Status === "exited");
    await lives.remove("changed");
  });
});

describe("a daemon that is killed on the way", () => {
  for (const [step, count] of [
    ["restart.row", 2],
    ["restart.plan", 1],
    ["exit.kill", 1],
  ] as const) {
    for (const moment of ["before", "after"]) {
      test(`${moment} ${step}: the next one goes on`, async () => {
        const folder = `${lives.sandbox.folder}/held`;
        mkdirSync(folder);
        const host = {
          PidMode: "host",
          Mounts: [{ Type: "bind", Source: folder, Target: "/in" }],
          RestartPolicy: { Name: "always" },
          Annotations: quick,
        };
        // The machine's own boot: what was started under another would count as ended.
        await lives.engine.stop();
        await lives.begin();
        // What it leaves behind is for exit.kill to end.
        await runContainer(lives.api, { name: "held", command: ["sh", "-c", "setsid sleep 7201 & exec sleep 600"], host });
        // Otherwise it waits for its restart already when its end is noted.
        if (step === "restart.plan") expect((await lives.api.post("/containers/held/stop?t=0")).status).toBe(204);
        await lives.engine.stop();
        const boot = step === "restart.plan" ? { BERTH_TEST_BOOT_ID: `boot-${moment}` } : {};
        const env = { ...boot, BERTH_TEST_CRASH: `${step}:${moment}:${count}` };
        const begun = lives.begin({ env }).catch(() => undefined);
        if (step !== "restart.plan") {
          await begun;
          if (step === "restart.row") rmSync(folder, { recursive: true });
          await end("held");
        }
        await begun;
        await lives.engine.process.exited;
        await lives.begin({ env: boot });
        if (step === "restart.row") {
          await lives.untilSeen(
            "held",
            "it is not tried any more",
            ({ State, RestartCount }) => State.Status === "restarting" && RestartCount >= 3,
          );
          mkdirSync(folder);
        }
        await lives.untilSeen("held", "it does not run again", ({ State }) => State.Status === "running");
        const left = (await lives.sandbox.run(["pgrep", "-c", "-f", "^sleep 7201"])).stdout.trim();
        expect(Number(left)).toBeLessThanOrEqual(1);
        await lives.remove("held");
        expect((await lives.sandbox.run(["pgrep", "-f", "^sleep 7201"])).stdout).toBe("");
        rmSync(folder, { recursive: true });
      });
    }
  }
});

describe("the waits between restarts", () => {
  test("are doubled from the container's own first to its own longest, and go on over the daemon's death", async () => {
    const flags = ["--restart", "always", "--restart-delay", "200ms", "--restart-max-delay", "1500ms", "--network", "none"];
    expect((await lives.berth("run", "-d", "--name", "fails", ...flags, "busybox", "false")).code).toBe(0);
    const delays = new Set<number>();
    await lives.untilSeen("fails", "waits do not grow", ({ Berth }) => {
      if (Berth?.NextStart !== undefined) delays.add(Berth.NextStart.DelayMs);
      return delays.has(1500);
    });
    expect([200, 400, 800, 1500].filter((delay) => delays.has(delay)).length).toBeGreaterThanOrEqual(3);
    expect(Math.max(...delays)).toBe(1500);
    await lives.kill();
    await lives.begin();
    const next = await lives.untilSeen("fails", "it does not wait again", ({ Berth }) => Berth?.NextStart !== undefined);
    expect(next.Berth?.NextStart?.DelayMs).toBe(1500);
    // By hand it begins with the first again.
    expect((await lives.api.post("/containers/fails/stop")).status).toBe(204);
    expect((await lives.api.post("/containers/fails/start")).status).toBe(204);
    const afresh = await lives.untilSeen("fails", "it does not wait", ({ Berth }) => Berth?.NextStart !== undefined);
    expect(afresh.Berth?.NextStart?.DelayMs).toBeLessThan(1500);
    await lives.remove("fails");
  });

  test("begin anew after a run that was long enough, and are the daemon's where the container says nothing", async () => {
    await lives.engine.stop();
    await lives.begin({ flags: ["--restart-delay", "20ms", "--restart-max-delay", "300ms", "--restart-reset", "10m"] });
    await runContainer(lives.api, { name: "plain", command: ["false"], host: { RestartPolicy: { Name: "always" }, NetworkMode: "none" } });
    const own = {
      RestartPolicy: { Name: "always" },
      NetworkMode: "none",
      Annotations: { "berth.restart-reset": "100ms", "berth.restart-delay": "250ms" },
    };
    await runContainer(lives.api, { name: "steady", command: ["sleep", "0.4"], host: own });
    const plain = await lives.untilSeen("plain", "no wait of 300 ms", ({ Berth }) => Berth?.NextStart?.DelayMs === 300);
    expect(plain.RestartCount).toBeGreaterThanOrEqual(4);
    const delays = new Set<number>();
    await lives.untilSeen("steady", "it does not come back", ({ RestartCount, Berth }) => {
      if (Berth?.NextStart !== undefined) delays.add(Berth.NextStart.DelayMs);
      return RestartCount >= 3;
    });
    expect([...delays]).toEqual([250]);
    await lives.remove("plain", "steady");
    await lives.engine.stop();
    await lives.begin();
  });

  test("that make no sense are refused with what they may be", async () => {
    const refused = async (annotations: object): Promise<string> => {
      const answer = await lives.api.post("/containers/create", { Image: "busybox", HostConfig: { Annotations: annotations } });
      expect(answer.status).toBe(400);
      return answer.json<{ message: string }>().message;
    };
    expect(await refused({ "berth.restart-delay": "soon" })).toBe('invalid berth.restart-delay: time: invalid duration "soon"');
    expect(await refused({ "berth.restart-max-delay": "0" })).toBe("invalid berth.restart-max-delay: 0 is not between 1ms and 24h");
    expect(await refused({ "berth.restart-delay": "2s", "berth.restart-max-delay": "1s" })).toContain(
      "is longer than berth.restart-max-delay (1s)",
    );
    expect(await refused({ "berth.health-on-failure": "explode" })).toContain("it is one of none, restart, stop, kill");
    expect(await refused({ "berth.requires": "a b" })).toContain("is not of the form NAME, NAME:started or NAME:healthy");
  });
});

describe("policies over the end of daemon and machine", () => {
  const kinds = ["runs", "stopped", "failed"] as const;
  const policies = ["no", "always", "unless-stopped", "on-failure"] as const;
  const all = policies.flatMap((policy) => kinds.map((kind) => [policy, kind] as const));

  /** One container of each policy that runs, one that was stopped by hand, one that had ended with 3 when it got its policy. */
  async function fill(): Promise<void> {
    for (const [policy, kind] of all) {
      const command = kind === "failed" ? ["sh", "-c", "test -e /once && exec sleep 600; touch /once; exit 3"] : ["sleep", "600"];
      const name = `${policy}-${kind}`;
      await runContainer(lives.api, {
        name,
        command,
        host: { NetworkMode: "none", RestartPolicy: { Name: kind === "failed" ? "no" : policy } },
      });
      if (kind === "stopped") expect((await lives.api.post(`/containers/${name}/stop?t=0`)).status).toBe(204);
      if (kind === "failed") {
        await lives.untilSeen(name, "it does not end", ({ State }) => State.Status === "exited");
        expect((await lives.berth("update", "--restart", policy, name)).code).toBe(0);
      }
    }
  }

  async function settled(expected: Readonly<Record<string, string>>): Promise<void> {
    for (const [name, wanted] of Object.entries(expected))
      await lives.untilSeen(name, `${name} is not ${wanted}`, ({ State }) => State.Status === wanted);
    // And it stays so.
    for (const [name, wanted] of Object.entries(expected)) expect([name, await status(name)]).toEqual([name, wanted]);
    await lives.remove(...Object.keys(expected));
  }

  const always = { "always-runs": "running", "always-stopped": "running", "always-failed": "running" };
  const byHand = { "unless-stopped-stopped": "exited", "on-failure-stopped": "exited", "no-stopped": "exited", "no-failed": "exited" };
  const failed = { "unless-stopped-failed": "running", "on-failure-failed": "running" };
  const ran = (state: string): Record<string, string> => ({
    "no-runs": state,
    "unless-stopped-runs": "running",
    "on-failure-runs": "running",
  });

  test("a daemon that stops its containers, and the next one", async () => {
    await lives.engine.stop();
    await lives.begin({ flags: ["--live-restore=false"] });
    await fill();
    await lives.engine.stop();
    await lives.begin();
    await settled({ ...always, ...byHand, ...failed, ...ran("exited") });
  });

  test("a daemon that leaves them alone, and the next one", async () => {
    await fill();
    const { Pid } = (await lives.seen("no-runs")).State;
    await lives.engine.stop();
    await lives.begin();
    expect((await lives.seen("no-runs")).State.Pid).toBe(Pid);
    await settled({ ...always, ...byHand, ...failed, ...ran("running") });
  });

  test("the machine's end, without a word", async () => {
    await fill();
    await lives.kill();
    await lives.begin({ env: { BERTH_TEST_BOOT_ID: "third" } });
    await settled({ ...always, ...byHand, ...failed, ...ran("exited") });
  });

  test("a daemon that ends stops all its containers at once, and takes no longer than it may", async () => {
    await lives.engine.stop();
    await lives.begin({ flags: ["--live-restore=false", "--shutdown-timeout", "2"] });
    const names = Array.from({ length: 12 }, (_, index) => `deaf${index}`);
    // Process 1 without a handler does not hear TERM.
    await Promise.all(
      names.map((name) =>
        runContainer(lives.api, { name, command: ["sleep", "600"], host: { NetworkMode: "none" }, config: { StopTimeout: 600 } }),
      ),
    );
    const began = performance.now();
    await lives.engine.stop();
    const tookMs = performance.now() - began;
    // One after another they would take 24 seconds.
    expect(tookMs).toBeLessThan(20_000);
    await lives.begin();
    for (const name of names) expect(await lives.seen(name)).toMatchObject({ State: { Status: "exited", ExitCode: 137 } });
    await lives.remove(...names);
  });
});
