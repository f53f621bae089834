import { expect, test } from "bun:test";
import { kindOf } from "@berth/base";
import type { ContainerCreateRequest } from "@berth/spec";
import type { AttachSession } from "../ports.ts";
import { openTestEngine, type TestEngine, until } from "../testing/index.ts";
import { DetachScanner, parseDetachKeys } from "./detach-keys.ts";

const everything = { stdin: true, stdout: true, stderr: true, stream: true, logs: false, detachKeys: null };

async function create(world: TestEngine, request: ContainerCreateRequest = {}): Promise<string> {
  const { id } = await world.engine.containers.create({
    name: null,
    platform: null,
    request: { Image: "busybox", Cmd: ["cat"], ...request },
    apiVersion: "1.51",
  });
  return id;
}

async function read(session: AttachSession): Promise<string> {
  let text = "";
  for await (const { stream, bytes } of session.output) text += `${stream}:${Buffer.from(bytes).toString()} `;
  return text.trim();
}

test("detach keys in Docker's form", () => {
  expect(parseDetachKeys(null)).toEqual([16, 17]);
  expect(parseDetachKeys("ctrl-a,x,ctrl-\\,ctrl-_")).toEqual([1, 120, 28, 31]);
  for (const bad of ["ctrl-zz", "ctrl-", "ab", "ctrl-A", "ctrl-p,"]) {
    expect(() => parseDetachKeys(bad)).toThrow(`Invalid detach keys (${bad}) provided`);
  }
});

test("a broken match is passed on whole, and may begin anew", () => {
  const scanner = new DetachScanner([16, 17]);
  expect([...scanner.feed(Uint8Array.of(97, 16)).pass]).toEqual([97]);
  expect([...scanner.feed(Uint8Array.of(98)).pass]).toEqual([16, 98]);
  expect([...scanner.feed(Uint8Array.of(16, 16)).pass]).toEqual([16]);
  expect(scanner.feed(Uint8Array.of(17)).detached).toBe(true);
});

test("who attaches before the start is connected before the program runs and gets all of it", async () => {
  await using world = await openTestEngine();
  const id = await create(world, { OpenStdin: true, StdinOnce: true });
  const session = await world.engine.containers.attach(id, everything);
  const typing = session.write(Buffer.from("typed early"));
  await world.engine.containers.start(id);
  await typing;
  expect(world.runtime.calls).toEqual(["create", "attach before start", "attach before start", "start"]);
  session.closeInput();
  await Bun.sleep(0);
  expect(world.runtime.typedInto(id)).toBe("typed early");
  expect(world.runtime.sessionsOf(id)[0]?.inputClosed).toBe(true);
  world.runtime.say(id, "out");
  world.runtime.say(id, "err", 2);
  world.runtime.end(id, 0);
  expect(await read(session)).toBe("1:out 2:err");
  expect(await session.over).toBe("ended");
});

test("several clients: each gets its streams, all can type, the end of input of one only ends that one", async () => {
  await using world = await openTestEngine();
  const id = await create(world, { OpenStdin: true });
  await world.engine.containers.start(id);
  const all = await world.engine.containers.attach(id, everything);
  const errors = await world.engine.containers.attach(id, { ...everything, stdout: false, stdin: false });
  const leaving = await world.engine.containers.attach(id, everything);
  await leaving.write(Buffer.from("a"));
  await all.write(Buffer.from("b"));
  await errors.write(Buffer.from("never"));
  leaving.closeInput();
  expect(await leaving.over).toBe("ended");
  expect(world.runtime.sessionsOf(id).some((session) => session.inputClosed)).toBe(false);
  expect(world.runtime.typedInto(id).split("").sort().join("")).toBe("ab");
  world.runtime.say(id, "out");
  world.runtime.say(id, "err", 2);
  world.runtime.end(id, 0);
  expect(await Promise.all([read(all), read(errors), read(leaving)])).toEqual(["1:out 2:err", "2:err", ""]);
});

test("the detach keys end an attachment, not the program", async () => {
  await using world = await openTestEngine();
  const id = await create(world, { OpenStdin: true, Tty: true, StdinOnce: true });
  await world.engine.containers.start(id);
  const session = await world.engine.containers.attach(id, { ...everything, detachKeys: "ctrl-x,ctrl-y" });
  await session.write(Uint8Array.of(104, 105, 24));
  await session.write(Uint8Array.of(25, 99));
  expect(await session.over).toBe("detached");
  expect(world.runtime.typedInto(id)).toBe("hi");
  // The last to leave: nothing is kept open for nobody.
  expect(world.runtime.sessionsOf(id).every((one) => one.closed && !one.inputClosed)).toBe(true);
  await until("detach is told", () => world.events.includes("container detach"));
  expect((await world.engine.containers.inspect(id, { size: false })).State.Running).toBe(true);
});

test("who is attached when the start fails is let go", async () => {
  await using world = await openTestEngine();
  const id = await create(world);
  const session = await world.engine.containers.attach(id, everything);
  world.runtime.failNext = new Error("no");
  await expect(world.engine.containers.start(id)).rejects.toThrow("no");
  expect(await read(session)).toBe("");
  expect(await session.over).toBe("ended");
});

test("what a slow client has not read when the container ends is still read", async () => {
  await using world = await openTestEngine();
  const id = await create(world, { HostConfig: { AutoRemove: true } });
  const session = await world.engine.containers.attach(id, everything);
  await world.engine.containers.start(id);
  const removed = world.engine.containers.wait(id, "removed");
  for (let count = 0; count < 100; count++) world.runtime.say(id, "x".repeat(1000));
  world.runtime.end(id, 0);
  await removed.result;
  expect((await read(session)).length).toBe(100 * 1003 - 1);
});

test("paused containers and bad keys are refused", async () => {
  await using world = await openTestEngine();
  const id = await create(world);
  await world.engine.containers.start(id);
  await world.engine.containers.pause(id);
  const kind = await world.engine.containers.attach(id, everything).catch((error: unknown) => kindOf(error));
  expect(kind).toBe("conflict");
  const bad = await world.engine.containers.attach(id, { ...everything, detachKeys: "ctrl-zz" }).catch((error: Error) => error.message);
  expect(bad).toBe("Invalid detach keys (ctrl-zz) provided");
});
