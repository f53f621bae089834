import { until } from "../../harness/sandbox.ts";
import type { CaseContext, DifferentialCase } from "../case.ts";

interface Inspected {
  readonly RestartCount: number;
  readonly State: { readonly Status: string; readonly Running: boolean; readonly Restarting: boolean; readonly ExitCode: number };
}

async function inspected(context: CaseContext, name: string): Promise<Inspected> {
  return (await context.api.get(`/containers/${name}/json`)).json<Inspected>();
}

async function untilIt(context: CaseContext, name: string, holds: (now: Inspected) => boolean): Promise<void> {
  await until(async () => holds(await inspected(context, name)), 30_000, `${name} did not come to the state that was waited for`);
}

async function state(context: CaseContext, name: string): Promise<unknown> {
  const { RestartCount, State } = await inspected(context, name);
  return { RestartCount, Status: State.Status, Running: State.Running, Restarting: State.Restarting, ExitCode: State.ExitCode };
}

const host = (policy: string, more: object = {}): object => ({
  HostConfig: { NetworkMode: "none", RestartPolicy: { Name: policy, ...more } },
});
/** Ends once with 3, then runs. */
const once = { Cmd: ["sh", "-c", "test -e /once && exec sleep 600; touch /once; exit 3"] };
/** Waits for long before its seventh start: there is time to look. */
const fails = { Cmd: ["false"] };

/** Restart policies: what starts again, and what ends that. */
export const restarts: readonly DifferentialCase[] = [
  {
    name: "restart: each policy after a failure and after success",
    run: async (context) => {
      for (const policy of ["no", "always", "unless-stopped", "on-failure"]) {
        await context.start(`f-${policy}`, { ...once, ...host(policy) });
        const again = policy !== "no";
        await untilIt(
          context,
          `f-${policy}`,
          ({ State, RestartCount }) => State.Status === (again ? "running" : "exited") && RestartCount === (again ? 1 : 0),
        );
        context.see(`failure, ${policy}`, await state(context, `f-${policy}`));
      }
      await context.start("s-on-failure", { Cmd: ["true"], ...host("on-failure") });
      await context.untilStatus("s-on-failure", "exited");
      context.see("success, on-failure", await state(context, "s-on-failure"));
      await context.start("limited", { ...fails, ...host("on-failure", { MaximumRetryCount: 2 }) });
      await untilIt(context, "limited", ({ State, RestartCount }) => State.Status === "exited" && RestartCount === 2);
      context.see("failures, on-failure:2", await state(context, "limited"));
      context.see("start afresh", (await context.api.post("/containers/limited/start")).status);
      await untilIt(context, "limited", ({ State, RestartCount }) => State.Status === "exited" && RestartCount === 2);
      context.see("failures again", await state(context, "limited"));
    },
  },
  {
    name: "restart: stop and kill end it, start begins it anew",
    run: async (context) => {
      const { api, see } = context;
      for (const policy of ["always", "unless-stopped"]) {
        const name = `t-${policy}`;
        await context.start(name, { Cmd: ["sleep", "600"], ...host(policy) });
        see(`${policy}: stop`, (await api.post(`/containers/${name}/stop?t=0`)).status);
        see(`${policy}: stopped`, await state(context, name));
        see(`${policy}: start`, (await api.post(`/containers/${name}/start`)).status);
        see(`${policy}: kill`, (await api.post(`/containers/${name}/kill`)).status);
        await context.untilStatus(name, "exited");
        see(`${policy}: killed`, await state(context, name));
        see(`${policy}: restart`, (await api.post(`/containers/${name}/restart?t=0`)).status);
        see(`${policy}: restarted`, await state(context, name));
      }
    },
  },
  {
    name: "restart: a container between two starts",
    run: async (context) => {
      const { api, see } = context;
      for (const name of ["w1", "w2", "w3"]) await context.start(name, { ...fails, ...host("always") });
      const waiting = async (name: string): Promise<void> => {
        await untilIt(context, name, ({ State, RestartCount }) => RestartCount >= 5 && State.Status === "restarting");
      };
      await waiting("w1");
      const filters = encodeURIComponent(JSON.stringify({ name: ["w1"] }));
      const rows = (await api.get(`/containers/json?filters=${filters}`)).json<{ State: string; Status: string }[]>();
      see(
        "row",
        rows.map((row) => [row.State, row.Status.slice(0, 14)]),
      );
      see("stop", (await api.post("/containers/w1/stop")).status);
      const { Status, Running, Restarting } = (await state(context, "w1")) as Record<string, unknown>;
      see("stopped", { Status, Running, Restarting });
      see("stop again", (await api.post("/containers/w1/stop")).status);
      await waiting("w2");
      see("remove", (await api.delete("/containers/w2")).status);
      see("remove by force", (await api.delete("/containers/w2?force=1")).status);
      await waiting("w3");
      see("pause", (await api.post("/containers/w3/pause")).status);
      see("update", (await api.post("/containers/w3/update", { RestartPolicy: { Name: "no" } })).status);
      await context.untilStatus("w3", "exited");
    },
  },
  {
    name: "restart: events of an automatic start",
    run: async (context) => {
      const seen = await context.events(async () => {
        await context.start("e1", { ...once, ...host("on-failure") });
        await untilIt(context, "e1", ({ State, RestartCount }) => RestartCount === 1 && State.Status === "running");
      }, ["exitCode"]);
      context.see(
        "container",
        seen.filter((event) => event.startsWith("container")),
      );
    },
  },
  {
    name: "restart: a signal that is not the stop signal",
    run: async (context) => {
      await context.start("s1", { Cmd: ["sh", "-c", "trap 'exit 3' HUP; touch /up; while :; do sleep 0.1; done"], ...host("always") });
      await until(async () => (await context.cli(["exec", "s1", "test", "-e", "/up"])).code === 0, 20_000, "s1 does not run");
      const before = (await inspected(context, "s1")).RestartCount;
      context.see("kill", (await context.api.post("/containers/s1/kill?signal=HUP")).status);
      await untilIt(context, "s1", ({ State, RestartCount }) => State.Status === "exited" || RestartCount > before);
      context.see("after", (await inspected(context, "s1")).RestartCount > before ? "started again" : "left");
    },
  },
  {
    name: "restart: flags of run, create and update",
    run: async (context) => {
      const policy = async (name: string): Promise<unknown> =>
        (await context.api.get(`/containers/${name}/json`)).json<{ HostConfig: { RestartPolicy: unknown } }>().HostConfig.RestartPolicy;
      for (const [index, value] of ["no", "always", "unless-stopped", "on-failure", "on-failure:3"].entries()) {
        const made = await context.cli(["create", "--name", `c${index}`, "--restart", value, "busybox", "true"]);
        context.see(value, [made.code, await policy(`c${index}`)]);
      }
      context.see("update", [(await context.cli(["update", "--restart", "unless-stopped", "c0"])).code, await policy("c0")]);
    },
  },
];
