import { until } from "../../harness/sandbox.ts";
import type { CaseContext, DifferentialCase } from "../case.ts";

async function exec(context: CaseContext, name: string, ...command: readonly string[]): Promise<string> {
  return (await context.cli(["exec", name, ...command])).stdout;
}

async function code(context: CaseContext, name: string): Promise<number> {
  return (await context.api.post(`/containers/${name}/wait`)).json<{ StatusCode: number }>().StatusCode;
}

const none = { NetworkMode: "none" };

/** Process 1: an init of the engine's, one of the container's own, and what becomes of all others. */
export const init: readonly DifferentialCase[] = [
  {
    name: "init: --init is process 1, reaps, and is shown",
    run: async (context) => {
      const { see } = context;
      const made = await context.cli([
        "run",
        "-d",
        "--init",
        "--name",
        "i1",
        "--network",
        "none",
        "busybox",
        "sh",
        "-c",
        "sh -c 'sleep 0.2 & exit 0'; exec sleep 600",
      ]);
      see("code", made.code);
      see(
        "shown",
        (await context.api.get("/containers/i1/json")).json<{ HostConfig: { Init?: boolean }; Path: string; Args: string[] }>().HostConfig
          .Init,
      );
      see("process 1", (await exec(context, "i1", "cat", "/proc/1/cmdline")).replaceAll("\0", " "));
      await until(
        async () => !(await exec(context, "i1", "ps", "-o", "args")).split("\n").includes("sleep 0.2"),
        20_000,
        "the orphan lives on",
      );
      see(
        "processes",
        (await exec(context, "i1", "ps", "-o", "pid,stat,args"))
          .split("\n")
          .filter((line) => !/ps -o|PID/.test(line))
          .map((line) => line.replace(/^\s*\d+\s+/, ""))
          .sort(),
      );
      see("stop", (await context.api.post("/containers/i1/stop?t=10")).status);
      see("ended with", await code(context, "i1"));
    },
  },
  {
    name: "init: --init passes signals and exit codes on",
    run: async (context) => {
      const command = ["sh", "-c", "trap 'exit 42' TERM; trap 'exit 43' INT; touch /up; while :; do sleep 0.1; done"];
      for (const signal of ["TERM", "INT"]) {
        await context.start(`s-${signal}`, { Cmd: command, HostConfig: { ...none, Init: true } });
        await until(async () => (await context.cli(["exec", `s-${signal}`, "test", "-e", "/up"])).code === 0, 20_000, "it does not run");
        context.see(`kill ${signal}`, (await context.api.post(`/containers/s-${signal}/kill?signal=${signal}`)).status);
        context.see(`code ${signal}`, await code(context, `s-${signal}`));
      }
      await context.start("ends", { Cmd: ["sh", "-c", "exit 7"], HostConfig: { ...none, Init: true } });
      context.see("its own code", await code(context, "ends"));
      await context.start("dies", { Cmd: ["sh", "-c", "kill -9 $$"], HostConfig: { ...none, Init: true } });
      context.see("killed", await code(context, "dies"));
    },
  },
  {
    name: "init: several processes, and an init of the container's own",
    run: async (context) => {
      const table = "::sysinit:/bin/touch /up\\n::respawn:/bin/sleep 611\\n::respawn:/bin/sleep 612\\n::shutdown:/bin/touch /down\\n";
      await context.start("own", {
        Cmd: ["sh", "-c", `printf '${table}' > /etc/inittab; exec init`],
        StopSignal: "SIGUSR2",
        HostConfig: none,
      });
      const processes = async (): Promise<string[]> =>
        (await exec(context, "own", "ps", "-o", "args"))
          .split("\n")
          .filter((line) => /^(\/bin\/)?(sleep 6|init)/.test(line))
          .sort();
      await until(async () => (await processes()).length === 3, 20_000, "its services do not run");
      context.see("processes", await processes());
      context.see("stop", (await context.api.post("/containers/own/stop?t=4")).status);
      context.see("status", (await context.api.get("/containers/own/json")).json<{ State: { Status: string } }>().State.Status);
    },
  },
  {
    name: "init: nothing survives stop and removal with the host's process ids",
    run: async (context) => {
      const command = ["sh", "-c", "setsid sleep 621 & sleep 622 & exec sleep 623"];
      const left = async (): Promise<number> => {
        const { stdout } = await context.inside(["ps", "-eo", "stat=,args="]);
        return stdout.split("\n").filter((line) => /sleep 62\d/.test(line) && !line.startsWith("Z")).length;
      };
      for (const how of ["stop", "remove"]) {
        await context.start(`p-${how}`, { Cmd: command, HostConfig: { ...none, PidMode: "host" } });
        await until(async () => (await left()) === 3, 20_000, "not all processes run");
        const answer =
          how === "stop" ? await context.api.post("/containers/p-stop/stop?t=0") : await context.api.delete("/containers/p-remove?force=1");
        context.see(how, answer.status);
        await until(async () => (await left()) === 0, 20_000, "processes are left").catch(() => undefined);
        context.see(`left after ${how}`, await left());
      }
    },
  },
];
