// time limit: 10 minutes
import { afterAll, beforeAll, describe, expect, setDefaultTimeout, test } from "bun:test";
import { exec, inspect, runContainer, untilStatus } from "../daemon/kit.ts";
import { openScene, type Scene } from "../harness/scene.ts";
import { until } from "../harness/sandbox.ts";

// Everything here waits for conditions; a busy machine may need long for them.
setDefaultTimeout(120_000);

let scene: Scene;

beforeAll(async () => {
  scene = await openScene("init");
});
afterAll(async () => {
  await scene?.[Symbol.asyncDispose]();
});

interface Extras {
  readonly Berth?: {
    readonly Zombies?: { readonly Count: number; readonly Processes: readonly { readonly Command: string; readonly ParentPid: number }[] };
  };
}

async function zombies(name: string): Promise<NonNullable<Extras["Berth"]>["Zombies"]> {
  return (await scene.api.get(`/containers/${name}/json`)).json<Extras>().Berth?.Zombies;
}

async function remove(...names: readonly string[]): Promise<void> {
  for (const name of names) expect((await scene.api.delete(`/containers/${name}?force=1&v=1`)).status).toBe(204);
}

/** How many processes in the sandbox's namespace or below have a word in their command line; the kernel's view, not the engine's. */
async function alive(word: string): Promise<number> {
  const { stdout } = await scene.sandbox.run(["ps", "-eo", "stat=,args="]);
  return stdout.split("\n").filter((line) => line.includes(word) && !line.startsWith("Z") && !line.includes("ps -eo")).length;
}

async function untilGone(word: string): Promise<void> {
  await until(async () => (await alive(word)) === 0, 20_000, `${word} lives on`);
}

// A parent that does not wait: its shell has become another program.
const leavesZombie = ["sh", "-c", "(exec true) & (exec true) & exec sleep 7001"];

describe("process 1", () => {
  test("--init reaps what is left to it, and the program is its child", async () => {
    // The child of a shell that ends is left to process 1.
    const orphan = ["sh", "-c", "sh -c 'sleep 0.2 & exit 0'; exec sleep 7002"];
    await runContainer(scene.api, { name: "with", command: orphan, host: { Init: true } });
    await runContainer(scene.api, { name: "without", command: orphan });
    expect((await exec(scene.api, "with", ["cat", "/proc/1/cmdline"])).replaceAll("\0", " ")).toContain("/sbin/docker-init -- sh -c");
    await until(async () => (await zombies("without"))?.Count === 1, 20_000, "no zombie is shown");
    expect(await zombies("with")).toBeUndefined();
    expect((await exec(scene.api, "with", ["ps"])).includes("[sleep]")).toBe(false);
    await remove("with", "without");
  });

  test("--init passes signals on, and ends with the program's own code", async () => {
    const command = ["sh", "-c", "trap 'exit 42' TERM; trap 'echo usr1' USR1; echo ready; while :; do sleep 0.1; done"];
    await runContainer(scene.api, { name: "signals", command, host: { Init: true } });
    const logs = async (): Promise<string> => (await scene.api.get("/containers/signals/logs?stdout=1")).text;
    await until(async () => (await logs()).includes("ready"), 20_000, "it does not begin");
    expect((await scene.api.post("/containers/signals/kill?signal=USR1")).status).toBe(204);
    await until(async () => (await logs()).includes("usr1"), 20_000, "the signal did not arrive");
    expect((await scene.api.post("/containers/signals/stop?t=20")).status).toBe(204);
    expect((await inspect(scene.api, "signals")).State.ExitCode).toBe(42);
    await remove("signals");
  });

  test("zombies are told with their parent, and are gone with it", async () => {
    await runContainer(scene.api, { name: "leaves", command: leavesZombie });
    await until(async () => (await zombies("leaves"))?.Count === 2, 20_000, "no zombies are shown");
    const found = await zombies("leaves");
    const { Pid } = (await inspect(scene.api, "leaves")).State;
    expect(found?.Processes.map(({ ParentPid }) => ParentPid)).toEqual([Pid, Pid]);
    expect((await scene.berth(["inspect", "-f", "{{.Berth.Zombies.Count}}", "leaves"])).stdout.trim()).toBe("2");
    expect((await scene.api.post("/containers/leaves/stop?t=0")).status).toBe(204);
    expect(await zombies("leaves")).toBeUndefined();
    await remove("leaves");
  });

  test("an init of its own with several processes runs, and ends them in its own order", async () => {
    const inittab =
      "::sysinit:/bin/echo up\n::respawn:/bin/sleep 7010\n::respawn:/bin/sleep 7011\n::shutdown:/bin/echo down\n::ctrlaltdel:/bin/true\n";
    const command = ["sh", "-c", `printf '${inittab.replaceAll("\n", "\\n")}' > /etc/inittab; exec init`];
    await runContainer(scene.api, { name: "system", command, config: { StopSignal: "SIGUSR2", Tty: true } });
    // The services themselves, not the shell that writes their names down.
    const pidOf = async (service: string): Promise<string | undefined> =>
      (await scene.sandbox.run(["ps", "-eo", "pid=,stat=,args="])).stdout.match(new RegExp(`^ *(\\d+) [^Z]\\S* +${service}$`, "m"))?.[1];
    await until(
      async () => (await pidOf("/bin/sleep 7010")) !== undefined && (await pidOf("/bin/sleep 7011")) !== undefined,
      20_000,
      "its services do not run",
    );
    expect(await zombies("system")).toBeUndefined();
    // A service that dies comes back, by the container's own init.
    const first = (await pidOf("/bin/sleep 7010")) ?? "";
    expect((await scene.sandbox.run(["kill", "-9", first])).code).toBe(0);
    await until(
      async () => {
        const now = await pidOf("/bin/sleep 7010");
        return now !== undefined && now !== first;
      },
      20_000,
      "the service did not come back",
    );
    expect((await inspect(scene.api, "system")).State.Status).toBe("running");
    expect((await scene.api.post("/containers/system/stop?t=3")).status).toBe(204);
    await untilGone("sleep 701");
    await remove("system");
  });
});

describe("stop and removal reach every process", () => {
  const daemon = "setsid sh -c 'sleep 7100 & exit 0' & ";
  const waysOfSharing = [
    ["a namespace of its own", {}],
    ["the host's process ids", { PidMode: "host" }],
    ["the process ids of another container", { PidMode: "container:anchor" }],
  ] as const;

  for (const [what, host] of waysOfSharing) {
    for (const how of ["stop", "kill", "remove", "remove while frozen"] as const) {
      test(`${how}, with ${what}`, async () => {
        await runContainer(scene.api, { name: "anchor", command: ["sleep", "7000"] });
        await runContainer(scene.api, { name: "many", command: ["sh", "-c", `${daemon} sleep 7101 & exec sleep 7102`], host });
        const created = await scene.api.post("/containers/many/exec", {
          Cmd: ["sh", "-c", "sleep 7103 & exec sleep 7104"],
          AttachStdout: true,
        });
        const stream = await scene.api.hijack(`/exec/${created.json<{ Id: string }>().Id}/start`, { body: {} });
        const detached = await scene.api.post("/containers/many/exec", { Cmd: ["sh", "-c", "setsid sleep 7105 &"] });
        await scene.api.post(`/exec/${detached.json<{ Id: string }>().Id}/start`, { Detach: true });
        await until(async () => (await alive("sleep 710")) === 6, 20_000, `not all processes run`);
        if (how === "stop") expect((await scene.api.post("/containers/many/stop?t=0")).status).toBe(204);
        if (how === "kill") {
          expect((await scene.api.post("/containers/many/kill")).status).toBe(204);
          await untilStatus(scene.api, "many", "exited");
        }
        if (how === "remove while frozen") expect((await scene.api.post("/containers/many/pause")).status).toBe(204);
        if (how.startsWith("remove")) await remove("many");
        // What had been answered before the last process was gone would be a lie.
        expect(await alive("sleep 710")).toBe(0);
        // The exec's client is told the end and does not hang.
        await stream.rest(20_000);
        await remove(...(how.startsWith("remove") ? ["anchor"] : ["many", "anchor"]));
      });
    }
  }

  test("a program that ends by itself takes what it left in the background with it", async () => {
    await runContainer(scene.api, {
      name: "leaves",
      command: ["sh", "-c", "setsid sleep 7120 & sleep 0.3; exit 5"],
      host: { PidMode: "host" },
    });
    await untilStatus(scene.api, "leaves", "exited");
    await untilGone("sleep 7120");
    expect((await inspect(scene.api, "leaves")).State.ExitCode).toBe(5);
    await remove("leaves");
    await scene.unchanged();
  });
});
