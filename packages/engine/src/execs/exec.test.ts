import { expect, test } from "bun:test";
import { readFileSync } from "node:fs";
import { type BerthError, kindOf } from "@berth/base";
import { StartError } from "@berth/runtime";
import { openTestEngine, type TestEngine, until } from "../testing/index.ts";

async function running(world: TestEngine): Promise<string> {
  const { id } = await world.engine.containers.create({
    name: null,
    platform: null,
    request: { Image: "busybox", Cmd: ["sleep", "1"], Env: ["A=1", "B=2"], WorkingDir: "/etc", User: "ann" },
    apiVersion: "1.51",
  });
  await world.engine.containers.start(id);
  return id;
}

const attached = { detach: false, tty: false, consoleSize: null };

test("an exec from its making to its end", async () => {
  await using world = await openTestEngine();
  const { execs, containers } = world.engine;
  const id = await running(world);
  const exec = await execs.create(id, { Cmd: ["ls", "-l"], AttachStdout: true, AttachStdin: true, Env: ["A=3"] });
  expect((await containers.inspect(id, { size: false })).ExecIDs).toEqual([exec]);
  expect(execs.inspect(exec)).toMatchObject({
    Running: false,
    ExitCode: null,
    Pid: 0,
    ProcessConfig: { entrypoint: "ls", arguments: ["-l"] },
  });
  const session = await execs.start(exec, attached);
  const inner = world.runtime.execs[0];
  expect(inner?.request.process).toMatchObject({ args: ["ls", "-l"], cwd: "/etc", user: { uid: 1000, gid: 1000 } });
  expect(inner?.request.process.env).toContain("A=3");
  expect(inner?.request.process.env).toContain("B=2");
  expect(execs.inspect(exec)).toMatchObject({ Running: true });
  inner?.session.say("done");
  inner?.end(5);
  let text = "";
  for await (const chunk of session?.output ?? []) text += Buffer.from(chunk.bytes).toString();
  expect(text).toBe("done");
  await until("it has ended", () => execs.inspect(exec).ExitCode === 5);
  expect((await containers.inspect(id, { size: false })).ExecIDs).toBeNull();
  expect(world.events.slice(-3)).toEqual(["container exec_create: ls -l", "container exec_start: ls -l", "container exec_die"]);
  const again = await execs.start(exec, attached).catch((error: unknown) => kindOf(error));
  expect(again).toBe("conflict");
});

test("a program that is not found is told in the stream, or thrown when detached", async () => {
  await using world = await openTestEngine();
  const { execs } = world.engine;
  const id = await running(world);
  const first = await execs.create(id, { Cmd: ["nosuch"] });
  world.runtime.failNext = new StartError("invalid", 'exec: "nosuch": executable file not found in $PATH', 127);
  const session = await execs.start(first, attached);
  let text = "";
  for await (const chunk of session?.output ?? []) text += Buffer.from(chunk.bytes).toString();
  expect(text).toContain("executable file not found in $PATH\r\n");
  expect(execs.inspect(first)).toMatchObject({ Running: false, ExitCode: 127 });
  const second = await execs.create(id, { Cmd: ["nosuch"] });
  world.runtime.failNext = new StartError("invalid", 'exec: "nosuch": permission denied', 126);
  await expect(execs.start(second, { ...attached, detach: true })).rejects.toThrow("permission denied");
  expect(execs.inspect(second).ExitCode).toBe(126);
});

test("refused: nothing to run, a container that does not run or is paused, an unknown exec", async () => {
  await using world = await openTestEngine();
  const { execs, containers } = world.engine;
  const id = await running(world);
  const message = (work: Promise<unknown>): Promise<string> =>
    work.then(
      () => "nothing",
      (error: BerthError) => `${error.kind}: ${error.message}`,
    );
  expect(await message(execs.create(id, { Cmd: [] }))).toBe("invalid: No exec command specified");
  expect(() => execs.inspect("abc")).toThrow("No such exec instance: abc");
  await containers.pause(id);
  expect(await message(execs.create(id, { Cmd: ["ls"] }))).toBe(`conflict: Container ${id} is paused, unpause the container before exec`);
  await containers.stop(id, { timeoutS: 0, signal: null });
  expect(await message(execs.create(id, { Cmd: ["ls"] }))).toBe(`conflict: Container ${id} is not running`);
});

test("resize waits for an exec that is being started; finished ones are forgotten in the end", async () => {
  await using world = await openTestEngine();
  const { execs } = world.engine;
  const id = await running(world);
  const exec = await execs.create(id, { Cmd: ["sh"], Tty: true });
  const resized = execs.resize(exec, 30, 90);
  await execs.start(exec, { ...attached, tty: true });
  await resized;
  expect(world.runtime.execs[0]?.sizes).toEqual([[30, 90]]);
  world.runtime.execs[0]?.end(0);
  for (let count = 0; count < 520; count++) {
    const next = await execs.create(id, { Cmd: ["true"] });
    await execs.start(next, { ...attached, detach: true });
    world.runtime.execs.at(-1)?.end(0);
  }
  await until("the first is forgotten", () => {
    try {
      execs.inspect(exec);
      return false;
    } catch {
      return true;
    }
  });
});

test("only the streams that were asked for are shown", async () => {
  await using world = await openTestEngine();
  const { execs } = world.engine;
  const exec = await execs.create(await running(world), { Cmd: ["make"], AttachStdout: true });
  const session = await execs.start(exec, attached);
  world.runtime.execs[0]?.session.say("out", 1);
  world.runtime.execs[0]?.session.say("err", 2);
  world.runtime.execs[0]?.end(0);
  let text = "";
  for await (const chunk of session?.output ?? []) text += Buffer.from(chunk.bytes).toString();
  expect(text).toBe("out");
});

test("limits of the daemon hold in an exec as in its container", async () => {
  await using world = await openTestEngine({ settings: { defaultUlimits: [{ Name: "nofile", Soft: 100, Hard: 200 }] } });
  const { execs } = world.engine;
  const exec = await execs.create(await running(world), { Cmd: ["true"] });
  await execs.start(exec, attached);
  expect(world.runtime.execs[0]?.request.process.rlimits).toEqual([{ type: "RLIMIT_NOFILE", soft: 100, hard: 200 }]);
  world.runtime.execs[0]?.end(0);
});

test("listed while they run, with all when not, and killed by id, beginning or container", async () => {
  await using world = await openTestEngine();
  const { execs, containers } = world.engine;
  const id = await running(world);
  const other = await running(world);
  const [first, second, waits] = [
    await execs.create(id, { Cmd: ["one"] }),
    await execs.create(id, { Cmd: ["two"], AttachStdout: true }),
    await execs.create(other, { Cmd: ["three"], User: "root" }),
  ];
  await execs.start(first, { ...attached, detach: true });
  await execs.start(second, attached);
  const listed = (container: string | null, all: boolean): string[] => execs.list({ container, all }).map((exec) => exec.Command.join(" "));
  expect(listed(null, false)).toEqual(["two", "one"]);
  expect(listed(null, true)).toEqual(["three", "two", "one"]);
  expect(listed(other, true)).toEqual(["three"]);
  expect(execs.list({ container: id, all: false }).map(({ User, Attached }) => [User, Attached])).toEqual([
    ["ann", true],
    ["ann", false],
  ]);
  const words = (reference: string, signal = ""): Promise<string> =>
    execs.kill(reference, signal).then(
      () => "killed",
      (error: BerthError) => `${error.kind}: ${error.message}`,
    );
  expect(await words(waits)).toBe(`conflict: Cannot kill exec: ${waits}: no process of it runs`);
  expect(await words(other)).toBe(`conflict: Cannot kill exec: no exec runs in container ${other}`);
  expect(await words("nope")).toBe("not-found: No such exec instance or container: nope");
  expect(await words(id, "BAD")).toBe("invalid: Invalid signal: BAD");
  await containers.pause(id);
  expect(await words(first)).toContain("is paused");
  await containers.unpause(id);
  expect(await execs.kill(first.slice(0, 20), "HUP")).toEqual({ Execs: [first], Processes: 1 });
  expect(await execs.kill(id, "")).toEqual({
    Execs: [second, first].sort((a, b) => (a === first ? -1 : b === first ? 1 : 0)),
    Processes: 2,
  });
  expect(world.runtime.execs.map(({ signals }) => signals)).toEqual([[1, 9], [9]]);
  await until("both have ended", () => listed(null, false).length === 0);
});

test("one that ends with its client is hung up when the client leaves, and is refused without one", async () => {
  await using world = await openTestEngine();
  const { execs } = world.engine;
  const id = await running(world);
  world.runtime.deadly = new Set([9]);
  const exec = await execs.create(id, { Cmd: ["sh"], Tty: true, AttachStdin: true, AttachStdout: true, AttachedOnly: true });
  const session = await execs.start(exec, attached);
  session?.closeInput();
  for (let left = 400; left > 0 && world.runtime.execs[0]?.signals.includes(9) !== true; left--) await Bun.sleep(50);
  expect(world.runtime.execs[0]?.signals).toEqual([1, 9]);
  const second = await execs.create(id, { Cmd: ["sh"], AttachedOnly: true });
  const refused = await execs.start(second, { ...attached, detach: true }).catch((error: unknown) => kindOf(error));
  expect(refused).toBe("invalid");
}, 30_000);

test("over the end of the daemon: what runs stays known, what was to end with its client is ended", async () => {
  await using world = await openTestEngine();
  const id = await running(world);
  const { execs } = world.engine;
  const kept = await execs.create(id, { Cmd: ["stays"] });
  const goes = await execs.create(id, { Cmd: ["goes"], AttachStdout: true, AttachedOnly: true });
  await execs.start(kept, { ...attached, detach: true });
  await execs.start(goes, attached);
  const noted = (exec: string): boolean => readFileSync(`${world.root}/exec/execs/${exec}`, "utf8").includes('"pid":1');
  await until("both are noted", () => noted(kept) && noted(goes));
  await world.restart();
  await until("the one is ended", () => world.runtime.execs[1]?.signals.includes(15) === true);
  expect(world.runtime.execs[0]?.signals).toEqual([]);
  // The fake runtime's execs are no processes of the kernel: that the other one ended is what the engine sees of them next.
  expect(() => world.engine.execs.inspect(goes)).toThrow("No such exec instance");
});
