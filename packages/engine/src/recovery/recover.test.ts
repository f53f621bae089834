import { expect, test } from "bun:test";
import { plainSteps, type Steps } from "@berth/base";
import type { ContainerCreateRequest } from "@berth/spec";
import { readdirSync } from "node:fs";
import { openTestEngine, type TestEngine, until } from "../testing/index.ts";

async function running(world: TestEngine, request: ContainerCreateRequest = {}): Promise<string> {
  const { id } = await world.engine.containers.create({
    name: null,
    platform: null,
    request: { Image: "busybox", Cmd: ["sleep", "1000"], ...request },
    apiVersion: "1.51",
  });
  await world.engine.containers.start(id);
  return id;
}

const state = async (world: TestEngine, id: string): Promise<unknown> => (await world.engine.containers.inspect(id, { size: false })).State;

test("what runs is adopted, what ended is recorded, and stays usable", async () => {
  await using world = await openTestEngine();
  const lives = await running(world);
  const ended = await running(world);
  const gone = await running(world, { HostConfig: { AutoRemove: true } });
  await world.runtime.close();
  world.runtime.end(ended, 7);
  world.runtime.end(gone, 3);
  await world.restart();
  expect(await state(world, lives)).toMatchObject({ Status: "running" });
  expect(await state(world, ended)).toMatchObject({ Status: "exited", ExitCode: 7 });
  expect((await world.engine.containers.list({ all: true, limit: 0, size: false, filters: {} })).map((one) => one.Id).sort()).toEqual(
    [lives, ended].sort(),
  );
  const waiting = world.engine.containers.wait(lives, "next-exit");
  world.runtime.end(lives, 4);
  expect(await waiting.result).toEqual({ StatusCode: 4, Error: null });
});

test("after another boot everything has ended, and policies start again what they want", async () => {
  await using world = await openTestEngine();
  const plain = await running(world);
  const always = await running(world, { HostConfig: { RestartPolicy: { Name: "always", MaximumRetryCount: 0 } } });
  const stopped = await running(world, { HostConfig: { RestartPolicy: { Name: "unless-stopped", MaximumRetryCount: 0 } } });
  await world.engine.containers.stop(stopped, { timeoutS: 0, signal: null });
  await world.restart({ host: { bootId: "another" } });
  await world.engine.settled;
  expect(await state(world, plain)).toMatchObject({ Status: "exited", ExitCode: 255 });
  expect(await state(world, stopped)).toMatchObject({ Status: "exited" });
  await until("the policy has started it", () => world.runtime.calls.filter((call) => call === "start").length === 4);
  expect(await state(world, always)).toMatchObject({ Status: "running" });
});

test("a program that ended while the daemon started keeps its exit code", async () => {
  await using world = await openTestEngine();
  const id = await running(world);
  await world.runtime.close();
  const { pid } = world.runtime.find(id) ?? { pid: 0 };
  world.runtime.end(id, 7);
  const { alive, readExit } = { alive: world.runtime.alive.bind(world.runtime), readExit: world.runtime.readExit.bind(world.runtime) };
  // Its monitor still lives, and writes the exit a moment after the program's end.
  const monitorPid = pid + 500_000;
  world.runtime.alive = (asked) => asked === monitorPid || alive(asked);
  let looks = 0;
  world.runtime.readExit = (asked) => (++looks < 4 ? null : readExit(asked));
  await world.restart();
  expect(await state(world, id)).toMatchObject({ Status: "exited", ExitCode: 7 });
});

test("a daemon that is told to end starts nothing any more", async () => {
  let starts = 0;
  const steps: Steps = {
    run: async (name, effect) => {
      if (name === "start.intent") starts++;
      return plainSteps.run(name, effect);
    },
  };
  await using world = await openTestEngine({ steps });
  for (let each = 0; each < 3; each++) await running(world, { HostConfig: { RestartPolicy: { Name: "always", MaximumRetryCount: 0 } } });
  await world.restart({ host: { bootId: "another" } });
  const shutdown = world.engine.shutdown();
  await Promise.all([shutdown, world.engine.settled]);
  expect(starts).toBe(3);
});

/** Steps that stop for ever at one point, as a killed daemon does. */
function dyingAt(point: string, when: "before" | "after", reached: () => void): Steps {
  const never = new Promise<never>(() => undefined);
  return {
    async run(name, effect) {
      if (name !== point) return plainSteps.run(name, effect);
      if (when === "before") {
        reached();
        return never;
      }
      await plainSteps.run(name, effect);
      reached();
      return never;
    },
  };
}

const startSteps = ["start.mount", "start.network", "start.files", "start.copy", "start.rootfs", "start.create", "start.run", "start.row"];
const endSteps = ["exit.row", "exit.runtime", "exit.disconnect", "exit.unmount", "remove.intent", "remove.folder", "remove.row"];
const createSteps = ["create.volume", "create.folder", "create.row"];

for (const when of ["before", "after"] as const) {
  for (const point of [...createSteps, ...startSteps, ...endSteps]) {
    test(`a daemon that is killed ${when} ${point} leaves nothing half done`, async () => {
      const { promise, resolve } = Promise.withResolvers<void>();
      await using world = await openTestEngine({ steps: dyingAt(point, when, resolve) });
      void (async () => {
        const id = await running(world, {
          HostConfig: { AutoRemove: true, Binds: ["data:/d"], Mounts: [{ Type: "volume", Target: "/anonymous" }] },
        });
        world.runtime.end(id, 0);
      })();
      await promise;
      await world.restart({ steps: plainSteps });
      await world.engine.settled;
      // Only a start that was acknowledged may go on; here its end was at hand.
      for (const { Id } of await world.engine.containers.list({ all: true, limit: 0, size: false, filters: {} })) {
        await world.engine.containers.remove(Id, { force: true, volumes: true, link: false });
      }
      expect(readdirSync(`${world.root}/containers`)).toEqual([]);
      expect(readdirSync(`${world.root}/volumes`).filter((name) => name !== "data")).toEqual([]);
      expect(world.networks.connected.size).toBe(0);
      expect(await world.runtime.known()).toEqual([]);
      expect([...world.images.holders.values()].flatMap((holders) => [...holders]).length).toBeLessThanOrEqual(1);
    });
  }
}
