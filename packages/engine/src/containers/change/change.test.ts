// slow
import { describe, expect, test } from "bun:test";
import { fail, messageOf, plainSteps, type Steps } from "@berth/base";
import type { ContainerChangeRequest, ContainerCreateRequest, ContainerInspect } from "@berth/spec";
import { openTestEngine, type TestEngine, until } from "../../testing/index.ts";

async function created(world: TestEngine, request: ContainerCreateRequest = {}): Promise<string> {
  const { id } = await world.engine.containers.create({
    name: null,
    platform: null,
    request: {
      Image: "busybox",
      Cmd: ["sleep", "1000"],
      Env: ["A=1", "B=2"],
      Labels: { old: "yes" },
      Volumes: { "/anonymous": {} },
      ...request,
    },
    apiVersion: "1.51",
  });
  return id;
}

async function running(world: TestEngine, request: ContainerCreateRequest = {}): Promise<string> {
  const id = await created(world, request);
  await world.engine.containers.start(id);
  return id;
}

const inspect = (world: TestEngine, id: string): Promise<ContainerInspect> => world.engine.containers.inspect(id, { size: false });

function change(
  world: TestEngine,
  id: string,
  request: ContainerChangeRequest,
  dryRun = false,
): ReturnType<typeof world.engine.containers.change> {
  return world.engine.containers.change(id, { request, dryRun });
}

async function refusal(work: Promise<unknown>): Promise<string> {
  try {
    await work;
    return "nothing";
  } catch (error) {
    return messageOf(error);
  }
}

const everything: ContainerChangeRequest = {
  EnvAdd: ["A=9", "C=3"],
  EnvRemove: ["B"],
  LabelsAdd: { new: "1" },
  LabelsRemove: ["old"],
  PublishAdd: { "80/tcp": [{ HostIp: "", HostPort: "8080" }] },
  BindsAdd: ["data:/data"],
  MountsAdd: [{ Type: "volume", Source: "", Target: "/more" }],
  LogOptions: { "max-size": "5m" },
};

test("a running container is made anew around its id, name, layer and volumes", async () => {
  await using world = await openTestEngine();
  const id = await running(world, { HostConfig: { Binds: ["kept:/kept"] } });
  const before = await inspect(world, id);
  world.events.length = 0;
  const seen = world.messages.length;
  const answer = await change(world, id, everything);
  expect(answer.Restarts).toBe(true);
  expect(answer.Changes.map(({ Kind, Action, Value }) => `${Action} ${Kind} ${Value}`)).toEqual([
    "add mount data:/data",
    "add mount (new volume):/more",
    "remove env B",
    "set env A=9",
    "add env C=3",
    "remove label old",
    "add label new=1",
    "add port 8080->80/tcp",
    "add log max-size=5m",
  ]);
  const after = await inspect(world, id);
  expect([after.Id, after.Name, after.GraphDriver]).toEqual([before.Id, before.Name, before.GraphDriver]);
  expect(after.State).toMatchObject({ Status: "running", Error: "" });
  expect(after.State.Pid).not.toBe(before.State.Pid);
  expect(after.Config.Env).toEqual(["A=9", "C=3"]);
  expect(after.Config.Labels).toEqual({ new: "1" });
  expect(after.Config.ExposedPorts).toEqual({ "80/tcp": {} });
  expect(after.HostConfig.PortBindings).toEqual({ "80/tcp": [{ HostIp: "", HostPort: "8080" }] });
  expect(after.HostConfig.Binds).toEqual(["kept:/kept", "data:/data"]);
  const source = (of: ContainerInspect, path: string): string | undefined =>
    of.Mounts.find(({ Destination }) => Destination === path)?.Source;
  expect(after.Mounts.map(({ Destination }) => Destination).sort()).toEqual(["/anonymous", "/data", "/kept", "/more"]);
  expect(source(after, "/anonymous")).toBe(source(before, "/anonymous"));
  expect(world.runtime.optionsOf(id).spec.process.env).toContain("A=9");
  expect(world.engine.volumes.list({}).length).toBe(4);
  const events = world.messages.slice(seen).map((message) => `${message.Type} ${message.Action}`);
  expect(events.filter((event) => event.startsWith("container "))).toEqual([
    "container kill",
    "container die",
    "container stop",
    "container start",
    "container update",
  ]);
});

test("mounts and ports are taken away again; the data stays", async () => {
  await using world = await openTestEngine();
  const id = await running(world);
  await change(world, id, everything);
  const answer = await change(world, id, {
    MountsRemove: ["/data", "/anonymous"],
    PublishRemove: ["8080:80"],
    BindsAdd: ["other:/data:ro"],
  });
  expect(answer.Changes.map(({ Value }) => Value)).toEqual(["data:/data", "(new volume):/anonymous", "other:/data:ro", "8080->80/tcp"]);
  const after = await inspect(world, id);
  expect(after.Mounts.map(({ Destination, Name, RW }) => [Destination, RW, Name === "other"])).toEqual([
    ["/more", true, false],
    ["/data", false, true],
  ]);
  expect(after.HostConfig.Binds).toEqual(["other:/data:ro"]);
  expect(after.HostConfig.PortBindings).toEqual({});
  expect(after.Config.ExposedPorts).toEqual({});
  expect(world.engine.volumes.list({}).map(({ Name }) => Name)).toContain("data");
});

test("what needs no restart does not restart: labels, policy, limits, bounds of the log", async () => {
  await using world = await openTestEngine();
  const id = await running(world);
  const { Pid } = (await inspect(world, id)).State;
  const answer = await change(world, id, {
    LabelsAdd: { a: "b" },
    LogOptions: { "max-size": "1m", "max-file": "2" },
    Update: { RestartPolicy: { Name: "always", MaximumRetryCount: 0 }, CpuShares: 512 },
  });
  expect(answer.Restarts).toBe(false);
  const after = await inspect(world, id);
  expect(after.State.Pid).toBe(Pid);
  expect(after.Config.Labels).toEqual({ old: "yes", a: "b" });
  expect(after.HostConfig).toMatchObject({
    CpuShares: 512,
    RestartPolicy: { Name: "always" },
    LogConfig: { Config: { "max-size": "1m" } },
  });
});

test("one that does not run is changed and stays so; a dry run changes nothing", async () => {
  await using world = await openTestEngine();
  const id = await created(world);
  const before = await inspect(world, id);
  expect(await change(world, id, everything, true)).toMatchObject({ Restarts: false });
  expect(await inspect(world, id)).toEqual(before);
  await change(world, id, everything);
  expect((await inspect(world, id)).State.Status).toBe("created");
  expect((await inspect(world, id)).Config.Env).toEqual(["A=9", "C=3"]);
  await world.engine.containers.start(id);
  expect(await change(world, id, { EnvAdd: ["D=4"] }, true)).toMatchObject({ Restarts: true, Changes: [{ Kind: "env", Value: "D=4" }] });
  expect((await inspect(world, id)).Config.Env).toEqual(["A=9", "C=3"]);
  expect(await change(world, id, { EnvAdd: ["A=9"] })).toEqual({ Changes: [], Restarts: false, Warnings: [] });
});

test("what the new start says rolls everything back, and the old one runs again", async () => {
  await using world = await openTestEngine();
  const id = await running(world, { HostConfig: { AutoRemove: true } });
  const before = await inspect(world, id);
  world.networks.failNext = fail("internal", "Bind for 0.0.0.0:8080 failed: port is already allocated");
  const words = await refusal(change(world, id, everything));
  expect(words).toBe(`Cannot change container ${id}: Bind for 0.0.0.0:8080 failed: port is already allocated (it runs again as before)`);
  const after = await inspect(world, id);
  expect(after.Config).toEqual(before.Config);
  expect(after.HostConfig).toEqual(before.HostConfig);
  expect(after.Mounts).toEqual(before.Mounts);
  expect(after.State).toMatchObject({ Status: "running", Error: "", ExitCode: 0 });
  expect(world.engine.volumes.list({}).map(({ Name }) => Name)).not.toContain("data");
  world.runtime.failNext = fail("invalid", "exec: not found");
  expect(await refusal(change(world, id, { EnvAdd: ["X=1"] }))).toContain("exec: not found (it runs again as before)");
});

test("a program that fails right after its start rolls everything back too, whatever its policy", async () => {
  await using world = await openTestEngine();
  const id = await running(world, { HostConfig: { RestartPolicy: { Name: "always", MaximumRetryCount: 0 } } });
  const starts = world.runtime.calls.filter((call) => call === "start").length;
  const changing = refusal(change(world, id, { EnvAdd: ["X=1"] }));
  await until("the new one runs", () => world.runtime.calls.filter((call) => call === "start").length > starts);
  await until("its row says so", () => world.events.at(-1) === "container start");
  world.runtime.end(id, 3);
  expect(await changing).toBe(`Cannot change container ${id}: its program ended at once, with exit code 3 (it runs again as before)`);
  expect((await inspect(world, id)).Config.Env).toEqual(["A=1", "B=2"]);
  expect((await inspect(world, id)).State).toMatchObject({ Status: "running", Error: "" });
});

test("who shares its network is named, when it is stopped for the change", async () => {
  await using world = await openTestEngine();
  const id = await running(world);
  const other = await running(world, { HostConfig: { NetworkMode: `container:${id}` } });
  await created(world, { HostConfig: { NetworkMode: `container:${id}` } });
  const name = (await inspect(world, other)).Name.slice(1);
  const warnings = [
    `WARNING: ${name} shares the network of this container and is without one from its stop on: restart ${name} to join it again`,
  ];
  expect((await change(world, id, { EnvAdd: ["X=1"] }, true)).Warnings).toEqual(warnings);
  expect((await change(world, id, { EnvAdd: ["X=1"] })).Warnings).toEqual(warnings);
  expect((await change(world, id, { LabelsAdd: { a: "b" } })).Warnings).toEqual([]);
});

test("refused before anything is done", async () => {
  await using world = await openTestEngine();
  const id = await running(world);
  const pid = (await inspect(world, id)).State.Pid;
  const said = async (request: ContainerChangeRequest): Promise<string> =>
    (await refusal(change(world, id, request))).replace(`Cannot change container ${id}: `, "");
  expect(await said({ EnvRemove: ["NOPE"] })).toBe('environment variable "NOPE" is not set');
  expect(await said({ LabelsRemove: ["nope"] })).toBe('label "nope" is not set');
  expect(await said({ PublishRemove: ["81"] })).toBe("port 81 is not published");
  expect(await said({ MountsRemove: ["/nope"] })).toBe("nothing is mounted at /nope");
  expect(await said({ BindsAdd: ["data:/anonymous"] })).toStartWith("Duplicate mount point: /anonymous");
  expect(await said({ MountsAdd: [{ Type: "bind", Source: "/no/such", Target: "/x" }] })).toContain("bind source path does not exist");
  expect(await said({ EnvAdd: ["=x"] })).toBe("invalid environment variable: =x");
  expect(await said({ LogOptions: { "max-size": "much" } })).toContain("much");
  expect(await said({ LogDriver: "nope" })).toContain("logging plugin nope");
  await world.engine.containers.pause(id);
  expect(await said({ EnvAdd: ["X=1"] })).toContain("is paused");
  await world.engine.containers.unpause(id);
  expect((await inspect(world, id)).State.Pid).toBe(pid);
});

test("while it is changed nobody else starts or removes it, and another change waits", async () => {
  const held = Promise.withResolvers<void>();
  const reached = Promise.withResolvers<void>();
  const steps: Steps = {
    run: async (name, effect) => {
      if (name === "change.stop") {
        const result = await effect();
        reached.resolve();
        await held.promise;
        return result;
      }
      return effect();
    },
  };
  await using world = await openTestEngine({ steps });
  const id = await running(world);
  const changing = change(world, id, { EnvAdd: ["X=1"] });
  await reached.promise;
  const words = `container ${id} is being changed, wait until it runs again`;
  expect(await refusal(world.engine.containers.start(id))).toContain(words);
  const next = change(world, id, { EnvAdd: ["Y=1"] });
  expect(await refusal(world.engine.containers.remove(id, { force: false, volumes: false, link: false }))).toContain(words);
  held.resolve();
  await changing;
  await next;
  expect((await inspect(world, id)).Config.Env).toEqual(["A=1", "B=2", "X=1", "Y=1"]);
});

/** Steps that stop for ever at one of them, as a daemon that is killed there does. */
function stopsAt(step: string, when: "before" | "after"): { readonly steps: Steps; readonly reached: Promise<void> } {
  const reached = Promise.withResolvers<void>();
  const forEver = new Promise<never>(() => undefined);
  const steps: Steps = {
    run: async (name, effect) => {
      if (name !== step) return effect();
      if (when === "after") await effect();
      reached.resolve();
      return forEver;
    },
  };
  return { steps, reached: reached.promise };
}

describe("a daemon that dies while a change is tried goes on with the trial", () => {
  const trials: readonly (readonly [string, "before" | "after"])[] = [
    ["start.row", "after"],
    ["change.trial", "before"],
    ["change.trial", "after"],
  ];
  for (const [step, when] of trials) {
    for (const end of ["while no daemon runs", "under the next daemon", "not at all"] as const) {
      test(`killed ${when} ${step}; its program fails ${end}`, async () => {
        await using world = await openTestEngine();
        const id = await running(world, { HostConfig: { RestartPolicy: { Name: "always", MaximumRetryCount: 0 } } });
        const death = stopsAt(step, when);
        await world.restart({ steps: death.steps });
        await world.engine.settled;
        void change(world, id, { EnvAdd: ["X=1"], BindsAdd: ["data:/data"] }).catch(() => undefined);
        await death.reached;
        if (end === "while no daemon runs") world.runtime.end(id, 3);
        await world.restart({ steps: plainSteps });
        const failsAgain = async (): Promise<void> => {
          await until("the new settings run", () => {
            const record = world.runtime.find(id);
            return record !== null && world.runtime.optionsOf(id).spec.process.env.includes("X=1");
          });
          world.runtime.end(id, 3);
        };
        if (end === "under the next daemon") await failsAgain();
        // Before the change's last steps nobody can tell whose end that was: what is started anew is tried anew.
        if (end === "while no daemon runs" && when + step !== "afterchange.trial") await failsAgain();
        await world.engine.settled;
        await until("it runs", () => world.runtime.find(id) !== null);
        const after = await inspect(world, id);
        expect(after.State).toMatchObject({ Status: "running" });
        const kept = end === "not at all";
        expect(after.Config.Env).toEqual(kept ? ["A=1", "B=2", "X=1"] : ["A=1", "B=2"]);
        expect(
          world.engine.volumes
            .list({})
            .map(({ Name }) => Name)
            .includes("data"),
        ).toBe(kept);
        expect((await change(world, id, { EnvAdd: ["LAST=1"] })).Restarts).toBe(true);
      });
    }
  }

  test("one that had done its work, or ran for longer than a trial, is kept", async () => {
    for (const [exitCode, ranMs] of [
      [0, 0],
      [3, 1100],
    ] as const) {
      await using world = await openTestEngine();
      const id = await running(world);
      const death = stopsAt("change.trial", "after");
      await world.restart({ steps: death.steps });
      await world.engine.settled;
      void change(world, id, { EnvAdd: ["X=1"] }).catch(() => undefined);
      await death.reached;
      await Bun.sleep(ranMs);
      world.runtime.end(id, exitCode);
      await world.restart({ steps: plainSteps });
      await world.engine.settled;
      expect((await inspect(world, id)).Config.Env).toEqual(["A=1", "B=2", "X=1"]);
      expect((await inspect(world, id)).State).toMatchObject({ Status: "exited", ExitCode: exitCode });
    }
  });
});

describe("a daemon that dies in the middle of a change leaves the old or the new state", () => {
  for (const fails of [false, true]) {
    const steps = [
      "change.intent",
      "change.stop",
      "stop.signal",
      "exit.row",
      "change.switch",
      "start.intent",
      "start.row",
      "change.trial",
      "change.settle",
    ];
    for (const step of fails ? ["change.back", "start.intent", "change.settle"] : steps) {
      for (const when of ["before", "after"] as const) {
        test(`${when} ${step}${fails ? " of a change that fails" : ""}`, async () => {
          await using world = await openTestEngine();
          const id = await running(world, { HostConfig: { AutoRemove: true } });
          const old = (await inspect(world, id)).Config.Env;
          const death = stopsAt(step, when);
          await world.restart({ steps: death.steps });
          await world.engine.settled;
          if (fails) world.networks.failNext = fail("internal", "port is already allocated");
          void change(world, id, everything).catch(() => undefined);
          await death.reached;
          await world.restart({ steps: plainSteps });
          await world.engine.settled;
          await until("it runs", () => world.runtime.find(id) !== null);
          const after = await inspect(world, id);
          expect(after.State).toMatchObject({ Status: "running" });
          const isNew = !Bun.deepEquals(after.Config.Env, old);
          expect(after.Config.Env).toEqual(isNew ? ["A=9", "C=3"] : old);
          expect(after.Mounts.length).toBe(isNew ? 3 : 1);
          expect(world.engine.volumes.list({}).length).toBe(isNew ? 3 : 1);
          expect((await change(world, id, { EnvAdd: ["LAST=1"] })).Restarts).toBe(true);
        });
      }
    }
  }
});
