import { expect, test } from "bun:test";
import { type BerthError, fail, kindOf, type Steps } from "@berth/base";
import type { ContainerCreateRequest } from "@berth/spec";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { openTestEngine, type TestEngine, until } from "../testing/index.ts";

const version = "1.51";

async function create(world: TestEngine, request: ContainerCreateRequest = {}, name: string | null = null): Promise<string> {
  const { id } = await world.engine.containers.create({
    name,
    platform: null,
    request: { Image: "busybox", Cmd: ["sleep", "1000"], ...request },
    apiVersion: version,
  });
  return id;
}

async function failure(work: () => Promise<unknown>): Promise<{ kind: string; message: string }> {
  try {
    await work();
  } catch (error) {
    return { kind: kindOf(error), message: (error as BerthError).message };
  }
  throw new Error("it did not fail");
}

const stopNow = { timeoutS: 0, signal: null };
const removeAll = { force: true, volumes: true, link: false };

test("create writes a row and a folder and nothing else", async () => {
  await using world = await openTestEngine();
  const id = await create(world, {}, "web");
  expect(world.runtime.calls).toEqual([]);
  expect(readdirSync(`${world.root}/containers/${id}`).sort()).toEqual(["config.json", "files", "log", "rootfs"]);
  expect(JSON.parse(readFileSync(`${world.root}/containers/${id}/config.json`, "utf8"))).toMatchObject({ id, name: "web" });
  const shown = await world.engine.containers.inspect("web", { size: false });
  expect(shown).toMatchObject({ Id: id, Name: "/web", Path: "sleep", Args: ["1000"], Mounts: [], ExecIDs: null, LogPath: "" });
  expect(shown.State).toMatchObject({ Status: "created", Running: false, Pid: 0, ExitCode: 0, StartedAt: "0001-01-01T00:00:00Z" });
  expect(shown.Config.Hostname).toBe(id.slice(0, 12));
  expect([...(world.images.holders.values().next().value ?? [])]).toEqual([id]);
});

test("a life from start to removal, with Docker's events in Docker's order", async () => {
  await using world = await openTestEngine();
  const { containers } = world.engine;
  const id = await create(world, { HostConfig: { Binds: ["data:/d"] } });
  await containers.start(id);
  expect((await containers.inspect(id, { size: false })).State).toMatchObject({ Status: "running", Running: true, ExitCode: 0 });
  expect(readFileSync(`${world.root}/containers/${id}/hosts`, "utf8")).toContain(`172.17.0.2\t${id.slice(0, 12)}`);
  expect(existsSync(`${world.root}/containers/${id}/rootfs/.dockerenv`)).toBe(true);
  expect(await failure(() => containers.start(id))).toMatchObject({ kind: "not-modified" });
  expect(await failure(() => containers.remove(id, { ...removeAll, force: false }))).toEqual({
    kind: "conflict",
    message: `You cannot remove a running container ${id}. Stop the container before attempting removal or force remove`,
  });
  await containers.stop(id, stopNow);
  expect(await failure(() => containers.stop(id, stopNow))).toMatchObject({ kind: "not-modified" });
  expect((await containers.inspect(id, { size: false })).State).toMatchObject({ Status: "exited", ExitCode: 143, Pid: 0 });
  expect(existsSync(`${world.root}/containers/${id}/rootfs/.dockerenv`)).toBe(false);
  await containers.remove(id, { ...removeAll, force: false });
  await until("destroy is told", () => world.events.includes("container destroy"));
  expect(world.events).toEqual([
    "volume create",
    "container create",
    "network connect",
    "volume mount",
    "container start",
    "container kill",
    "container die",
    "network disconnect",
    "volume unmount",
    "container stop",
    "container destroy",
  ]);
  expect(readdirSync(`${world.root}/containers`)).toEqual([]);
  expect(readdirSync(`${world.root}/volumes`)).toEqual(["data"]);
  expect(world.networks.connected.size).toBe(0);
  expect(await failure(() => containers.inspect(id, { size: false }))).toEqual({ kind: "not-found", message: `No such container: ${id}` });
});

test("a program that cannot start leaves its words, its code and nothing in the kernel", async () => {
  await using world = await openTestEngine();
  const { containers } = world.engine;
  const id = await create(world, { Cmd: ["nosuch"] });
  world.runtime.failNext = new Error('exec: "nosuch": executable file not found in $PATH');
  expect(await failure(() => containers.start(id))).toMatchObject({
    kind: "invalid",
    message: expect.stringContaining("executable file not found"),
  });
  const { State } = await containers.inspect(id, { size: false });
  expect(State).toMatchObject({ Status: "created", ExitCode: 127, Error: expect.stringContaining("nosuch") });
  expect(world.networks.connected.size).toBe(0);
  expect(readdirSync(`${world.root}/containers/${id}/rootfs`)).toEqual([]);
});

test("a port in use is told and undone; with --rm the container is gone", async () => {
  await using world = await openTestEngine();
  const { containers } = world.engine;
  const id = await create(world, { HostConfig: { AutoRemove: true } });
  world.networks.failNext = new Error(
    "driver failed programming external connectivity: Bind for 0.0.0.0:80 failed: port is already allocated",
  );
  const removed = containers.wait(id, "removed");
  expect(await failure(() => containers.start(id))).toMatchObject({
    kind: "internal",
    message: expect.stringContaining("port is already allocated"),
  });
  expect(await removed.result).toMatchObject({ StatusCode: 128 });
  expect(await containers.list({ all: true, limit: 0, size: false, filters: {} })).toEqual([]);
});

test("waiters get the code of their condition, also after the container is gone", async () => {
  await using world = await openTestEngine();
  const { containers } = world.engine;
  const id = await create(world, { HostConfig: { AutoRemove: true } });
  expect(await containers.wait(id, "not-running").result).toEqual({ StatusCode: 0, Error: null });
  const next = containers.wait(id, "next-exit");
  const removed = containers.wait(id, "removed");
  await containers.start(id);
  const stopped = containers.wait(id, "not-running");
  world.runtime.end(id, 7);
  expect(await Promise.all([next.result, stopped.result, removed.result])).toEqual([
    { StatusCode: 7, Error: null },
    { StatusCode: 7, Error: null },
    { StatusCode: 7, Error: null },
  ]);
});

test("names: rules, conflict, rename, generated ones", async () => {
  await using world = await openTestEngine();
  const { containers } = world.engine;
  const id = await create(world, {}, "one");
  const other = await create(world);
  expect((await containers.inspect(other, { size: false })).Name).toMatch(/^\/[a-z]+_[a-z]+$/);
  expect(await failure(() => create(world, {}, "!x"))).toEqual({
    kind: "invalid",
    message: "Invalid container name (!x), only [a-zA-Z0-9][a-zA-Z0-9_.-] are allowed",
  });
  const conflict = `Conflict. The container name "/one" is already in use by container "${id}". You have to remove (or rename) that container to be able to reuse that name.`;
  expect(await failure(() => create(world, {}, "one"))).toEqual({ kind: "conflict", message: conflict });
  expect(await failure(() => containers.rename(other, "one"))).toEqual({
    kind: "conflict",
    message: `Error when allocating new name: ${conflict}`,
  });
  expect(await failure(() => containers.rename("one", "one"))).toMatchObject({ kind: "invalid" });
  await containers.rename("one", "two");
  expect((await containers.inspect("/two", { size: false })).Id).toBe(id);
  expect(await failure(() => containers.inspect("one", { size: false }))).toMatchObject({ kind: "not-found" });
  expect((await containers.inspect(id.slice(0, 10), { size: false })).Id).toBe(id);
});

test("two creates of one name at once: one of them", async () => {
  await using world = await openTestEngine();
  const results = await Promise.allSettled([create(world, {}, "same"), create(world, {}, "same"), create(world, {}, "same")]);
  expect(results.map((result) => result.status).sort()).toEqual(["fulfilled", "rejected", "rejected"]);
});

test("pause, unpause, kill and restart", async () => {
  await using world = await openTestEngine();
  const { containers } = world.engine;
  const id = await create(world);
  expect(await failure(() => containers.pause(id))).toEqual({ kind: "conflict", message: `Container ${id} is not running` });
  expect(await failure(() => containers.kill("x", "TERM"))).toMatchObject({ kind: "not-found" });
  expect(await failure(() => containers.kill(id, ""))).toEqual({
    kind: "conflict",
    message: `Cannot kill container: ${id}: Container ${id} is not running`,
  });
  expect(await failure(() => containers.kill(id, "NOPE"))).toEqual({ kind: "invalid", message: "Invalid signal: NOPE" });
  await containers.start(id);
  await containers.pause(id);
  expect((await containers.inspect(id, { size: false })).State).toMatchObject({ Status: "paused", Running: true, Paused: true });
  expect(await failure(() => containers.pause(id))).toEqual({ kind: "conflict", message: `Container ${id} is already paused` });
  await containers.unpause(id);
  expect(await failure(() => containers.unpause(id))).toEqual({ kind: "internal", message: `Container ${id} is not paused` });
  await containers.kill(id, "HUP");
  expect(world.runtime.calls).toContain("signal 1");
  await containers.restart(id, stopNow);
  expect((await containers.inspect(id, { size: false })).State.Status).toBe("running");
  await containers.kill(id, "KILL");
  await until("the kill is dealt with", () => world.events.at(-1) === "network disconnect");
  expect((await containers.inspect(id, { size: false })).State).toMatchObject({ Status: "exited", ExitCode: 137 });
});

test("a program that ignores its stop signal is killed after the timeout", async () => {
  await using world = await openTestEngine();
  world.runtime.deadly = new Set([9]);
  const id = await create(world, { StopSignal: "SIGUSR1" });
  await world.engine.containers.start(id);
  await world.engine.containers.stop(id, stopNow);
  expect(world.runtime.calls.filter((call) => call.startsWith("signal"))).toEqual(["signal 10", "signal 9"]);
});

test("restart policies: on-failure counts, a stop by hand ends it", async () => {
  await using world = await openTestEngine();
  const { containers } = world.engine;
  const failing = await create(world, { HostConfig: { RestartPolicy: { Name: "on-failure", MaximumRetryCount: 2 } } });
  await containers.start(failing);
  const starts = (): number => world.runtime.calls.filter((call) => call === "start").length;
  world.runtime.end(failing, 1);
  await until("the first restart", () => starts() === 2);
  await until("it is running again", () => world.events.at(-1) === "container start");
  world.runtime.end(failing, 1);
  await until("the second restart", () => starts() === 3);
  await until("it is running again", () => world.events.at(-1) === "container start");
  const ended = containers.wait(failing, "not-running");
  world.runtime.end(failing, 9);
  expect(await ended.result).toEqual({ StatusCode: 9, Error: null });
  expect(await containers.inspect(failing, { size: false })).toMatchObject({ RestartCount: 2, State: { Status: "exited", ExitCode: 9 } });
  const always = await create(world, { HostConfig: { RestartPolicy: { Name: "always", MaximumRetryCount: 0 } } });
  await containers.start(always);
  await containers.stop(always, stopNow);
  expect((await containers.inspect(always, { size: false })).State.Status).toBe("exited");
});

test("anonymous volumes: filled from the image, gone with rm -v", async () => {
  await using world = await openTestEngine({ image: { Volumes: { "/filled": {} } } });
  const { containers } = world.engine;
  const id = await create(world);
  const [mount] = (await containers.inspect(id, { size: false })).Mounts;
  expect(mount).toMatchObject({ Type: "volume", Destination: "/filled", Driver: "local", RW: true, Mode: "" });
  await containers.start(id);
  expect(readFileSync(`${mount?.Source}/file`, "utf8")).toBe("of the image\n");
  await containers.remove(id, removeAll);
  expect(readdirSync(`${world.root}/volumes`)).toEqual([]);
});

test("a container that joins another's network needs it running", async () => {
  await using world = await openTestEngine();
  const { containers } = world.engine;
  const first = await create(world, {}, "first");
  const second = await create(world, { HostConfig: { NetworkMode: "container:first" } });
  expect((await containers.inspect(second, { size: false })).HostConfig.NetworkMode).toBe(`container:${first}`);
  expect(await failure(() => containers.start(second))).toEqual({
    kind: "conflict",
    message: `cannot join network of a non running container: ${first}`,
  });
  await containers.start(first);
  await containers.start(second);
  expect(world.networks.connected.get(second)?.joinPath).toMatch(/^\/proc\/\d+\/ns\/net$/);
});

test("another's network may be named before it is there", async () => {
  await using world = await openTestEngine();
  const { containers } = world.engine;
  const second = await create(world, { HostConfig: { NetworkMode: "container:late" } });
  expect((await failure(() => containers.start(second))).message).toBe("No such container: late");
  const first = await create(world, {}, "late");
  await containers.start(first);
  await containers.start(second);
  expect(world.networks.connected.get(second)?.joinPath).toMatch(/^\/proc\/\d+\/ns\/net$/);
  expect((await containers.inspect(second, { size: false })).HostsPath).toBe(`${world.root}/containers/${first}/hosts`);
});

test.each(["NetworkMode", "PidMode", "IpcMode"])("%s of a container that ends while another joins it is not taken", async (mode) => {
  await using world = await openTestEngine();
  const { containers } = world.engine;
  const first = await create(world, { HostConfig: { IpcMode: "shareable" } }, "first");
  await containers.start(first);
  const second = await create(world, { HostConfig: { [mode]: "container:first" } });
  const { Pid } = (await containers.inspect(first, { size: false })).State;
  const alive = world.runtime.alive.bind(world.runtime);
  // Its end is not known yet, and its number may be another program's by now.
  world.runtime.alive = (pid) => pid !== Pid && alive(pid);
  const refusal = await failure(() => containers.start(second));
  world.runtime.alive = alive;
  expect(refusal).toEqual({
    kind: "conflict",
    message: expect.stringMatching(/^cannot join (network|PID|IPC) of a non running container: /),
  });
  expect((await containers.inspect(second, { size: false })).State).toMatchObject({ Running: false });
});

test("an end that cannot be written down is tried again", async () => {
  let failures = 2;
  const steps: Steps = {
    run: async (name, work) => {
      if (name === "exit.row" && failures-- > 0) throw new Error("database or disk is full");
      return work();
    },
  };
  await using world = await openTestEngine({ steps });
  const { containers } = world.engine;
  const id = await create(world);
  await containers.start(id);
  const ended = containers.wait(id, "not-running");
  world.runtime.end(id, 3);
  expect(await ended.result).toEqual({ StatusCode: 3, Error: null });
});

test("a restart that cannot be written down is tried again", async () => {
  let failures = 0;
  const steps: Steps = {
    run: async (name, work) => {
      if (name === "start.intent" && failures-- > 0) throw new Error("database or disk is full");
      return work();
    },
  };
  await using world = await openTestEngine({ steps });
  const { containers } = world.engine;
  const id = await create(world, { HostConfig: { RestartPolicy: { Name: "always", MaximumRetryCount: 0 } } });
  await containers.start(id);
  failures = 2;
  world.runtime.end(id, 1);
  await until("it runs again", () => world.runtime.calls.filter((call) => call === "start").length === 2);
  expect(failures).toBeLessThan(1);
});

test("without live-restore a daemon's end waits for a start that is under way, stops it, and lets nothing else start", async () => {
  const steps: Steps = {
    run: async (name, work) => {
      if (name === "start.create") await Bun.sleep(100);
      return work();
    },
  };
  await using world = await openTestEngine({ steps, settings: { liveRestore: false } });
  const { containers } = world.engine;
  const [first, second] = [await create(world), await create(world)];
  const starting = containers.start(first);
  await Bun.sleep(20);
  const shutdown = world.engine.shutdown();
  const late = failure(() => containers.start(second));
  await Promise.all([starting, shutdown]);
  expect((await containers.inspect(first, { size: false })).State).toMatchObject({ Status: "exited", ExitCode: 143 });
  expect(await late).toEqual({ kind: "unavailable", message: "the daemon is shutting down" });
});

test("a daemon's end without a limit of its own still keeps to the containers'", async () => {
  await using world = await openTestEngine({ settings: { liveRestore: false, shutdownTimeoutS: -1 } });
  const id = await create(world, { StopTimeout: 0 });
  await world.engine.containers.start(id);
  world.runtime.deadly = new Set([9]);
  await world.engine.shutdown();
  expect((await world.engine.containers.inspect(id, { size: false })).State).toMatchObject({ Status: "exited", ExitCode: 137 });
});

test("what has to be done after an end is done, also when it fails at first", async () => {
  const failing = new Set<string>();
  const steps: Steps = {
    run: async (name, effect) => {
      if (failing.delete(name)) throw fail("exhausted", `${name}: no space left on device`);
      return await effect();
    },
  };
  await using world = await openTestEngine({ steps });
  const { containers } = world.engine;
  for (const step of ["exit.row", "exit.disconnect", "remove.intent", "remove.folder", "remove.row"]) {
    const id = await create(world, { HostConfig: { AutoRemove: true } });
    const removed = containers.wait(id, "removed");
    await containers.start(id);
    failing.add(step);
    world.runtime.end(id, 3);
    expect({ step, ...(await removed.result) }).toMatchObject({ step, StatusCode: 3 });
    expect(failing.size).toBe(0);
  }
  const id = await create(world);
  await containers.start(id);
  failing.add("exit.disconnect");
  world.runtime.end(id, 3);
  await until("it is cleaned up behind", () => !world.networks.connected.has(id));
  expect((await containers.inspect(id, { size: false })).State).toMatchObject({ Status: "exited", ExitCode: 3 });
});
