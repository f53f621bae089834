import { expect, test } from "bun:test";
import { plainSteps, type Steps } from "@berth/base";
import type { ContainerInspect } from "@berth/spec";
import type { CommitRequest } from "../files/ports.ts";
import { openTestEngine, type TestEngine, until } from "../testing/index.ts";
import { type Intent, refuseOverwrite } from "./intent.ts";

const commit: CommitRequest = {
  repository: "",
  tag: "",
  author: "",
  comment: "",
  pause: true,
  changes: [],
  config: null,
  signal: new AbortController().signal,
};

const stateOf = async (world: TestEngine, id: string): Promise<ContainerInspect["State"]> =>
  (await world.engine.containers.inspect(id, { size: false })).State;

async function running(world: TestEngine): Promise<string> {
  const request = { Image: "busybox", Cmd: ["sleep", "1000"] };
  const { id } = await world.engine.containers.create({ name: null, platform: null, request, apiVersion: "1.51" });
  await world.engine.containers.start(id);
  return id;
}

/** A commit that does not end by itself; when it has frozen the container. */
async function committing(world: TestEngine, id: string): Promise<{ readonly end: () => void; readonly ended: Promise<unknown> }> {
  const held = Promise.withResolvers<never>();
  world.images.commit = () => held.promise;
  const ended = world.engine.files.commit(id, commit).catch((error: unknown) => error);
  const deadline = performance.now() + 20_000;
  while ((await stateOf(world, id)).Status !== "paused") {
    if (performance.now() > deadline) throw new Error("the commit does not freeze it");
    await Bun.sleep(5);
  }
  return { end: () => held.reject(new Error("ended")), ended };
}

test("a daemon that dies in an update during a commit lets the container go on, with the limits of its row", async () => {
  const frozen: boolean[] = [];
  const limits: unknown[] = [];
  const reached = Promise.withResolvers<void>();
  const steps: Steps = {
    run: async (name, effect) => {
      const result = await effect();
      if (name !== "update.limits") return result;
      reached.resolve();
      return new Promise<never>(() => undefined);
    },
  };
  await using world = await openTestEngine({
    steps,
    cgroups: {
      freeze: (_, on) => Promise.resolve(void frozen.push(on)),
      limit: (_, wanted) => Promise.resolve(void limits.push(wanted)),
    },
  });
  const id = await running(world);
  await committing(world, id);
  void world.engine.containers.update(id, { CpuShares: 512 }).catch(() => undefined);
  await reached.promise;
  expect([frozen, limits.length]).toEqual([[true], 1]);
  await world.restart({ steps: plainSteps });
  expect(await stateOf(world, id)).toMatchObject({ Status: "running" });
  expect(frozen).toEqual([true, false]);
  // The update was not acknowledged: what the row says is set once more, all of it.
  expect(limits[1]).toMatchObject({ cpuShares: 0, pids: -1 });
});

test("an update that ends during a commit does not make the daemon forget the commit", async () => {
  await using world = await openTestEngine();
  const id = await running(world);
  await committing(world, id);
  await world.engine.containers.update(id, { CpuShares: 512 });
  await world.restart();
  const after = await world.engine.containers.inspect(id, { size: false });
  expect([after.State.Status, after.HostConfig.CpuShares]).toEqual(["running", 512]);
});

test("somebody who lets a container go on during a commit and freezes it anew has it frozen afterwards, also under the next daemon", async () => {
  await using world = await openTestEngine();
  const id = await running(world);
  const first = await committing(world, id);
  await world.engine.containers.unpause(id);
  await world.engine.containers.pause(id);
  first.end();
  await first.ended;
  expect((await stateOf(world, id)).Status).toBe("paused");
  await world.engine.containers.unpause(id);
  await committing(world, id);
  await world.engine.containers.unpause(id);
  await world.engine.containers.pause(id);
  await world.restart();
  expect((await stateOf(world, id)).Status).toBe("paused");
});

test("a container that ends during a commit and starts again is not the commit's", async () => {
  await using world = await openTestEngine();
  const id = await running(world);
  const { end, ended } = await committing(world, id);
  world.runtime.end(id, 0);
  await until("its end is known", () => world.events.includes("container die"));
  await world.engine.containers.start(id);
  await world.engine.containers.pause(id);
  end();
  await ended;
  expect((await stateOf(world, id)).Status).toBe("paused");
});

test("an intent takes the place of another one only where it does what that one asks for", () => {
  const all: readonly Intent[] = ["none", "starting", "updating", "cleaning", "removing", "removing-with-volumes"];
  const refused = (before: Intent): Intent[] =>
    all.filter((next) => {
      try {
        refuseOverwrite("c", before, next);
        return false;
      } catch {
        return true;
      }
    });
  expect(Object.fromEntries(all.map((before) => [before, refused(before)]))).toEqual({
    none: [],
    starting: ["updating", "cleaning"],
    updating: ["starting"],
    cleaning: ["updating"],
    removing: ["starting", "updating", "cleaning"],
    "removing-with-volumes": ["starting", "updating", "cleaning"],
  });
});
