import { expect, test } from "bun:test";
import { kindOf, messageOf, type Steps } from "@berth/base";
import { existsSync, mkdirSync, readdirSync } from "node:fs";
import { openTestEngine, type TestEngine } from "../testing/index.ts";

async function refusalOf(work: Promise<unknown>): Promise<string> {
  try {
    await work;
  } catch (error) {
    return `${kindOf(error)}: ${messageOf(error)}`;
  }
  throw new Error("it was not refused");
}

async function runningContainer(world: TestEngine, runtime = "runc", host: object = {}): Promise<string> {
  const request = { Image: "busybox", Cmd: ["count"], HostConfig: { Runtime: runtime, ...host } };
  const { id } = await world.engine.containers.create({ name: "count", platform: null, request, apiVersion: "1.51" });
  await world.engine.containers.start(id);
  return id;
}

const folderOf = (world: TestEngine, id: string): string => `${world.root}/containers/${id}/checkpoints`;
const ask = (checkpoint: string, exit = false): { checkpoint: string; folder: string; exit: boolean } => ({ checkpoint, folder: "", exit });
const statusOf = async (world: TestEngine, id: string): Promise<string> =>
  (await world.engine.containers.inspect(id, { size: false })).State.Status;

test("made while it runs on, and with its end; gone on from; removed; all of them go with the container", async () => {
  await using world = await openTestEngine();
  const { containers, checkpoints } = world.engine;
  const id = await runningContainer(world, "runc", { RestartPolicy: { Name: "always", MaximumRetryCount: 0 } });
  await checkpoints.create("count", ask("c1"));
  expect(await statusOf(world, id)).toBe("running");
  await checkpoints.create("count", ask("c2", true));
  // Its policy would have started it from the beginning.
  expect(await statusOf(world, id)).toBe("exited");
  expect(await checkpoints.list(id, { folder: "" })).toEqual([{ Name: "c1" }, { Name: "c2" }]);
  expect(world.events.filter((event) => event === "container checkpoint")).toHaveLength(2);
  await containers.start(id, { checkpoint: "c2" });
  expect(world.runtime.optionsOf(id).restoreFrom).toBe(`${folderOf(world, id)}/c2`);
  expect(world.runtime.calls.filter((call) => call === "start")).toHaveLength(1);
  expect(await statusOf(world, id)).toBe("running");
  await checkpoints.remove(id, { checkpoint: "c1", folder: "" });
  expect(await checkpoints.list(id, { folder: "" })).toEqual([{ Name: "c2" }]);
  expect(readdirSync(folderOf(world, id))).toEqual(["c2"]);
  await containers.remove(id, { force: true, volumes: false, link: false });
  expect(existsSync(folderOf(world, id))).toBe(false);
});

test("what hinders it is told, and leaves nothing", async () => {
  await using world = await openTestEngine();
  const { containers, checkpoints } = world.engine;
  const id = await runningContainer(world);
  expect(await refusalOf(checkpoints.create("nope", ask("c1")))).toBe("not-found: No such container: nope");
  for (const bad of ["", "a", ".new-x", "../x", "a/b", "a.", "x".repeat(129)])
    expect(await refusalOf(checkpoints.create(id, ask(bad)))).toStartWith("invalid: Invalid checkpoint ID (");
  expect(await refusalOf(checkpoints.remove(id, { checkpoint: "..", folder: "" }))).toStartWith("invalid: Invalid checkpoint ID (");
  for (const work of [
    checkpoints.create(id, { ...ask("c1"), folder: "/tmp/x" }),
    checkpoints.list(id, { folder: "/tmp/x" }),
    checkpoints.remove(id, { checkpoint: "c1", folder: "/tmp/x" }),
  ])
    expect(await refusalOf(work)).toBe("forbidden: custom checkpointdir is not supported");
  await checkpoints.create(id, ask("c1"));
  expect(await refusalOf(checkpoints.create(id, ask("c1")))).toBe(
    "conflict: cannot checkpoint container count: checkpoint with name c1 already exists for container count",
  );
  await containers.pause(id);
  expect(await refusalOf(checkpoints.create(id, ask("c2")))).toBe(
    "conflict: cannot checkpoint container count: it is paused; unpause it first",
  );
  await containers.unpause(id);
  world.runtime.failNext = new Error("Connected TCP socket");
  expect(await refusalOf(checkpoints.create(id, ask("c2", true)))).toBe(
    "internal: Cannot checkpoint container count: Connected TCP socket",
  );
  expect(await statusOf(world, id)).toBe("running");
  expect(readdirSync(folderOf(world, id))).toEqual(["c1"]);
  await containers.kill(id, "KILL");
  expect(await refusalOf(checkpoints.create(id, ask("c2")))).toBe(`conflict: Container ${id} is not running`);
  expect(await refusalOf(containers.start(id, { checkpoint: "c2" }))).toBe("not-found: checkpoint c2 does not exist for container count");
  expect(await refusalOf(checkpoints.remove(id, { checkpoint: "c2", folder: "" }))).toBe(
    "not-found: checkpoint c2 does not exist for container count",
  );
});

test("who ends a container does not wait for a checkpoint that is being written", async () => {
  const ways: readonly (readonly [string, (world: TestEngine, id: string) => Promise<void>])[] = [
    ["exited", (world, id) => world.engine.containers.kill(id, "KILL")],
    ["exited", (world, id) => world.engine.containers.stop(id, { timeoutS: 0, signal: null })],
    ["gone", (world, id) => world.engine.containers.remove(id, { force: true, volumes: false, link: false })],
  ];
  for (const exit of [false, true]) {
    for (const [status, end] of ways) {
      await using world = await openTestEngine();
      const id = await runningContainer(world, "runc", { RestartPolicy: { Name: "always", MaximumRetryCount: 0 } });
      const writing = Promise.withResolvers<void>();
      // As criu does when what it writes is killed under it.
      world.runtime.checkpoint = (container) => {
        writing.resolve();
        return new Promise((_, reject) => {
          const timer = setInterval(() => {
            if (world.runtime.find(container) !== null) return;
            clearInterval(timer);
            reject(new Error("Dumping FAILED."));
          }, 5);
        });
      };
      const refused = refusalOf(world.engine.checkpoints.create(id, ask("c1", exit)));
      await writing.promise;
      await end(world, id);
      expect(await refused).toBe("conflict: cannot checkpoint container count: it was killed meanwhile");
      expect(await statusOf(world, id).catch(() => "gone")).toBe(status);
      if (status === "gone") continue;
      expect(await world.engine.checkpoints.list(id, { folder: "" })).toEqual([]);
      expect(world.events.filter((event) => event === "container die")).toHaveLength(1);
    }
  }
}, 30_000);

test("a container of another runtime, and one that is removed with its end", async () => {
  await using world = await openTestEngine();
  const id = await runningContainer(world, "crun");
  expect(await refusalOf(world.engine.checkpoints.create(id, ask("c1")))).toBe("conflict: container count is run by crun");
  await world.engine.containers.remove(id, { force: true, volumes: false, link: false });
  const other = await runningContainer(world, "runc", { AutoRemove: true });
  expect(await refusalOf(world.engine.checkpoints.create(other, ask("c1", true)))).toContain("removed when it ends (--rm)");
});

/** Never comes back from one step: the daemon is killed there. */
function dyingIn(step: string, reached: () => void): Steps {
  return {
    async run(name, effect) {
      if (name !== step) return effect();
      reached();
      return new Promise(() => undefined);
    },
  };
}

test("a daemon that was killed: half made ones go, whole ones stay, restart policies hold again", async () => {
  const { promise: reached, resolve } = Promise.withResolvers<void>();
  await using world = await openTestEngine({ steps: dyingIn("checkpoint.dump", resolve) });
  const id = await runningContainer(world, "runc", { RestartPolicy: { Name: "always", MaximumRetryCount: 0 } });
  void world.engine.checkpoints.create(id, ask("c1", true));
  await reached;
  expect(readdirSync(folderOf(world, id))).toEqual([".new-c1"]);
  // What the runtime made whole without the daemon, and what was being removed.
  mkdirSync(`${folderOf(world, id)}/.new-c2`);
  await Bun.write(`${folderOf(world, id)}/.new-c2/whole`, "");
  mkdirSync(`${folderOf(world, id)}/.old-c3`);
  await world.restart({ steps: { run: async (_name, effect) => effect() } });
  expect(readdirSync(folderOf(world, id))).toEqual(["c2"]);
  expect(await world.engine.checkpoints.list(id, { folder: "" })).toEqual([{ Name: "c2" }]);
  expect(await statusOf(world, id)).toBe("running");
  world.runtime.end(id, 1);
  for (let left = 200; left > 0 && world.runtime.calls.filter((call) => call === "start").length < 2; left--) await Bun.sleep(10);
  expect(world.runtime.calls.filter((call) => call === "start")).toHaveLength(2);
});
