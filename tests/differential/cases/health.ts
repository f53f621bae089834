import type { CaseContext, DifferentialCase } from "../case.ts";
import { until } from "../../harness/sandbox.ts";

const secondNs = 1_000_000_000;

interface Health {
  readonly Status: string;
  readonly FailingStreak: number;
  readonly Log: readonly { readonly ExitCode: number; readonly Output: string }[] | null;
}

async function healthOf(context: CaseContext, name: string): Promise<Health | undefined> {
  return (await context.api.get(`/containers/${name}/json`)).json<{ State: { Health?: Health } }>().State.Health;
}

async function untilHealth(context: CaseContext, name: string, holds: (health: Health) => boolean): Promise<Health> {
  let last: Health | undefined;
  await until(
    async () => {
      last = await healthOf(context, name);
      return last !== undefined && holds(last);
    },
    30_000,
    `${name} did not come to the health that was waited for`,
  );
  return last as Health;
}

/** Status and words of a row of ps, without how long it runs. */
async function row(context: CaseContext, name: string): Promise<unknown> {
  const filters = encodeURIComponent(JSON.stringify({ name: [name] }));
  const [found] = (await context.api.get(`/containers/json?all=1&filters=${filters}`)).json<{ State: string; Status: string }[]>();
  return [found?.State, /\(.*\)/.exec(found?.Status ?? "")?.[0]];
}

async function listed(context: CaseContext, health: string): Promise<readonly string[]> {
  const filters = encodeURIComponent(JSON.stringify({ health: [health] }));
  return (await context.api.get(`/containers/json?all=1&filters=${filters}`))
    .json<{ Names: string[] }[]>()
    .map(({ Names }) => Names[0] ?? "")
    .sort();
}

const sleeps = { Cmd: ["sleep", "60"] };
const check = (command: readonly string[], more: Readonly<Record<string, unknown>> = {}): Record<string, unknown> => ({
  ...sleeps,
  HostConfig: { NetworkMode: "none" },
  Healthcheck: { Test: command, Interval: secondNs / 5, Retries: 2, ...more },
});

/** Health checks: what they run, what they find, and where it shows. */
export const health: readonly DifferentialCase[] = [
  {
    name: "health: a check that succeeds, by words and by shell",
    run: async (context) => {
      const { see } = context;
      await context.create("made", check(["CMD", "true"]));
      see("before the start", (await healthOf(context, "made")) ?? "none");
      await context.start("h1", check(["CMD", "echo", "fine here"]));
      see("just started", await row(context, "h1"));
      see("starting", await listed(context, "starting"));
      const found = await untilHealth(context, "h1", ({ Log }) => (Log ?? []).length >= 2);
      see("state", { ...found, Log: found.Log?.slice(0, 2) });
      see("row", await row(context, "h1"));
      await context.start("h2", check(["CMD-SHELL", "echo $HOSTNAME >/dev/null; pwd; id -u"], {}));
      const shell = await untilHealth(context, "h2", ({ Status }) => Status === "healthy");
      see("shell", shell.Log?.[0]);
      see("healthy", await listed(context, "healthy"));
      await context.start("h3", check(["CMD", "true"], { Interval: secondNs * 60 }));
      see("not checked yet", await healthOf(context, "h3"));
      see("no check", await listed(context, "none"));
    },
  },
  {
    name: "health: a check that fails, recovers and is started again",
    run: async (context) => {
      const { see } = context;
      await context.start("h1", check(["CMD-SHELL", "echo no; test -e /tmp/well"], { Retries: 3 }));
      const failing = await untilHealth(context, "h1", ({ FailingStreak }) => FailingStreak >= 3);
      see("unhealthy", { status: failing.Status, first: failing.Log?.[0] });
      see("row", await row(context, "h1"));
      see("filter", await listed(context, "unhealthy"));
      const exec = await context.api.post("/containers/h1/exec", { Cmd: ["touch", "/tmp/well"] });
      await context.api.post(`/exec/${exec.json<{ Id: string }>().Id}/start`, { Detach: true });
      const well = await untilHealth(context, "h1", ({ Status }) => Status === "healthy");
      see("recovered", [well.Status, well.FailingStreak, well.Log?.length]);
      await untilHealth(context, "h1", ({ Log }) => (Log ?? []).every(({ ExitCode }) => ExitCode === 0));
      see("kept", (await healthOf(context, "h1"))?.Log?.length);
      await context.api.post("/containers/h1/stop?t=0");
      const stopped = await healthOf(context, "h1");
      see("stopped", [stopped?.Status, stopped?.FailingStreak, await row(context, "h1"), await listed(context, "healthy")]);
      await context.api.post("/containers/h1/start");
      const again = await healthOf(context, "h1");
      see("started again", [again?.Status, again?.FailingStreak, again?.Log?.length, await row(context, "h1")]);
    },
  },
  {
    name: "health: what cannot be run, and what takes too long",
    run: async (context) => {
      const { see } = context;
      await context.start("h1", check(["CMD", "sleep", "50"], { Timeout: secondNs, Retries: 1 }));
      await context.start("h2", check(["CMD", "nosuchprogram"], { Retries: 1 }));
      await context.start("h3", check(["CMD-SHELL", "exit 7"], { Retries: 1 }));
      await context.start("h4", check(["CMD-SHELL", "head -c 5000 /dev/zero | tr '\\0' x"], {}));
      await context.start("h5", check(["CMD-SHELL", "kill -9 $$"], { Retries: 1 }));
      for (const name of ["h1", "h2", "h3", "h4", "h5"]) {
        const { Status, Log } = await untilHealth(context, name, (found) => (found.Log ?? []).length > 0);
        const [first] = Log ?? [];
        see(name, { Status, code: first?.ExitCode, text: first?.Output.slice(0, 300), length: first?.Output.length });
      }
      see("nothing is left of it", (await context.api.get("/containers/h1/top")).json<{ Processes: string[][] }>().Processes.length <= 2);
    },
  },
  {
    name: "health: none, and checks that mean nothing",
    run: async (context) => {
      for (const [name, test] of [
        ["h1", ["NONE"]],
        ["h2", []],
        ["h3", ["BOGUS", "true"]],
        ["h4", [""]],
      ] as const) {
        await context.start(name, { ...sleeps, Healthcheck: { Test: test } });
        const inspected = (await context.api.get(`/containers/${name}/json`)).json<{
          State: Record<string, unknown>;
          Config: { Healthcheck?: unknown };
        }>();
        context.see(name, [inspected.State["Health"] ?? "none", inspected.Config.Healthcheck ?? "none", await row(context, name)]);
      }
    },
  },
  {
    name: "health: values that are refused",
    run: async (context) => {
      for (const more of [
        { Interval: 10 },
        { Timeout: 999_999 },
        { StartPeriod: 5 },
        { Retries: -1 },
        { Interval: -5 },
        { Interval: 1_000_000, Timeout: 1_000_000, StartPeriod: 1_000_000, Retries: 1 },
      ]) {
        const answer = await context.api.post("/containers/create", { Image: "busybox", Healthcheck: { Test: ["CMD", "true"], ...more } });
        context.see(JSON.stringify(more), [answer.status, answer.status === 201 ? "made" : answer.text]);
      }
    },
  },
  {
    name: "health: its events",
    run: async (context) => {
      context.see(
        "events",
        (
          await context.events(async () => {
            await context.start("h1", check(["CMD-SHELL", "true"], { Interval: secondNs }));
            await untilHealth(context, "h1", ({ Status }) => Status === "healthy");
          })
        ).filter((event) => event.startsWith("container")),
      );
    },
  },
  {
    name: "health: a paused container is not checked",
    run: async (context) => {
      const { see } = context;
      await context.start("h1", check(["CMD", "sleep", "40"], { Timeout: secondNs * 20 }));
      await until(
        async () => (await context.api.get("/containers/h1/json")).json<{ ExecIDs: string[] | null }>().ExecIDs !== null,
        20_000,
        "no check",
      );
      see("pause", (await context.api.post("/containers/h1/pause")).status);
      see("paused", await row(context, "h1"));
      see("unpause", (await context.api.post("/containers/h1/unpause")).status);
      see("goes on", await row(context, "h1"));
      see("health", (await healthOf(context, "h1"))?.Status);
      see("stop while paused", [
        (await context.api.post("/containers/h1/pause")).status,
        (await context.api.post("/containers/h1/stop?t=1")).status,
        await row(context, "h1"),
      ]);
    },
  },
  {
    name: "health: flags of run",
    run: async (context) => {
      const flags = [
        "--health-cmd",
        "test -e /etc",
        "--health-interval",
        "2s",
        "--health-timeout",
        "3s",
        "--health-retries",
        "4",
        "--health-start-period",
        "5s",
      ];
      const made = await context.cli(["run", "-d", "--name", "h1", ...flags, "busybox", "sleep", "60"]);
      context.see("code", made.code);
      context.see("config", (await context.api.get("/containers/h1/json")).json<{ Config: { Healthcheck: unknown } }>().Config.Healthcheck);
      context.see("no", (await context.cli(["run", "--no-healthcheck", "--health-cmd", "true", "busybox"])).code);
      context.see("negative", (await context.cli(["run", "--health-retries=-1", "busybox"])).code);
      await context.cli(["create", "--name", "h2", "--no-healthcheck", "busybox"]);
      context.see("none", (await context.api.get("/containers/h2/json")).json<{ Config: { Healthcheck: unknown } }>().Config.Healthcheck);
    },
  },
];
