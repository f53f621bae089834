import { afterAll, beforeAll, expect, test } from "bun:test";
import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { messageOf } from "@berth/base";
import { errnoError } from "@berth/linux";
import { StartError } from "./oci/errors.ts";
import { collect, openSandbox, type Sandbox } from "./testing/sandbox.ts";

let box: Sandbox;
beforeAll(async () => {
  box = await openSandbox();
});
afterAll(() => box.close());

/** The words of a promise's failure; a promise that needs a Worker cannot be given to `rejects`. */
async function failureOf(promise: Promise<unknown>): Promise<string> {
  try {
    await promise;
  } catch (error) {
    return messageOf(error);
  }
  return "";
}

/** Starts a container with a client, and waits for its end. */
async function run(container: Parameters<Sandbox["create"]>[0]): Promise<{ stdout: string; stderr: string; exitCode: number; id: string }> {
  const { id } = await box.create(container);
  const output = collect(box.runtime.attach(id, { tty: false }).output);
  await box.runtime.start(id);
  const exit = await box.exit(id);
  const text = await output;
  await box.runtime.delete(id);
  return { ...text, exitCode: exit.exitCode, id };
}

test("a container's life: output, exit code, log, nothing left", async () => {
  const { id, process } = await box.create({ config: { Cmd: ["sh", "-c", "echo out; echo err >&2; exit 7"] } });
  expect(box.runtime.alive(process.pid, process.pidStartTime)).toBe(true);
  expect(box.runtime.find(id)).toEqual(process);
  const output = collect(box.runtime.attach(id, { tty: false }).output);
  const before = BigInt(Date.now()) * 1_000_000n;
  await box.runtime.start(id);
  const exit = await box.exit(id);
  expect(exit).toMatchObject({ id, exitCode: 7, monitorLost: null });
  expect(exit.finishedAtNs).toBeGreaterThanOrEqual(before - 1_000_000_000n);
  expect(await output).toEqual({ stdout: "out\n", stderr: "err\n" });
  expect(box.log(id)).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{9}\+00:00 std(out|err) F (out|err)$/m);
  expect(box.runtime.readExit(id)).toEqual(exit);
  expect(box.runtime.alive(process.pid, process.pidStartTime)).toBe(false);
  expect(await box.runtime.known()).toContain(id);
  await box.runtime.delete(id);
  expect(await box.runtime.known()).not.toContain(id);
  for (const folder of ["containers", "exits", "runtime"]) expect(existsSync(path.join(box.folder, "run", folder, id))).toBe(false);
  await box.runtime.delete(id);
});

test("whoever is told of a start finds the container's own program", async () => {
  for (let times = 0; times < 10; times += 1) {
    const { id, process } = await box.create({ config: { Cmd: ["sleep", "1000"] } });
    expect(readFileSync(`/proc/${process.pid}/cmdline`, "utf8")).toContain("create");
    await box.runtime.start(id);
    expect(readFileSync(`/proc/${process.pid}/cmdline`, "utf8")).toBe("sleep\0" + "1000\0");
    await box.runtime.delete(id);
  }
});

test("inside: seccomp, capabilities, masks, host name, user", async () => {
  const { stdout, stderr } = await run({
    config: {
      Cmd: [
        "sh",
        "-c",
        "grep -E '^(Seccomp|CapEff|CapInh):' /proc/self/status; hostname; id; chmod 700 /tmp; wc -c < /proc/keys; echo $HOME $HOSTNAME",
      ],
      User: "web",
    },
    hostConfig: { GroupAdd: ["77"] },
  });
  expect(stdout).toContain("Seccomp:\t2");
  expect(stdout).toContain("CapEff:\t0000000000000000");
  expect(stdout).toContain("uid=1000(web) gid=1001(web) groups=77,1001(web),2000(extra)");
  expect(stdout).toContain("box\n");
  expect(stdout).toContain("/home/web box");
  expect(stderr).toContain("chmod: /tmp: Operation not permitted");
});

test("a privileged user has the given capabilities", async () => {
  const { stdout } = await run({ config: { Cmd: ["grep", "-E", "^Cap(Eff|Bnd|Inh|Amb)", "/proc/self/status"] } });
  expect(stdout).toContain("CapEff:\t00000000a80425fb");
  expect(stdout).toContain("CapBnd:\t00000000a80425fb");
  expect(stdout).toContain("CapInh:\t0000000000000000");
});

test.each([
  { command: ["nosuch"], words: 'exec: "nosuch": executable file not found in $PATH: unknown', exitCode: 127 },
  { command: ["/nosuch"], words: 'exec: "/nosuch": stat /nosuch: no such file or directory: unknown', exitCode: 127 },
  { command: ["/etc"], words: 'exec: "/etc": permission denied: unknown', exitCode: 126 },
  { command: ["/etc/passwd"], words: 'exec: "/etc/passwd": permission denied: unknown', exitCode: 126 },
  { command: ["/etc/passwd/x"], words: 'exec: "/etc/passwd/x": stat /etc/passwd/x: not a directory: unknown', exitCode: 127 },
  { command: [""], words: 'exec: "": executable file not found in $PATH: unknown', exitCode: 127 },
])("a program that cannot be run: $command", async ({ command, words, exitCode }) => {
  const before = await box.runtime.known();
  const error = await box.create({ config: { Cmd: [...command] } }).then(
    () => null,
    (failure: unknown) => failure,
  );
  expect(error).toBeInstanceOf(StartError);
  if (error instanceof StartError) {
    expect(error.message).toStartWith("failed to create shim task: OCI runtime create failed: crun create failed: ");
    expect(error.message).toEndWith(words);
    expect(error.exitCode).toBe(exitCode);
    expect(error.kind).toBe("invalid");
  }
  expect(await box.runtime.known()).toEqual(before);
});

test("resources that cannot be had are the runtime's words with 128", async () => {
  const error = await box.create({ hostConfig: { CpusetCpus: "999" } }).then(
    () => null,
    (failure: unknown) => failure,
  );
  expect(error).toBeInstanceOf(StartError);
  if (error instanceof StartError) expect(error.exitCode).toBe(128);
});

test("an exit by signal", async () => {
  const { exitCode } = await run({ config: { Cmd: ["sh", "-c", "kill -9 $$"] }, request: { initPath: null } });
  expect([137, 0]).toContain(exitCode);
  const { id, process } = await box.create({ config: { Cmd: ["sleep", "100"] } });
  await box.runtime.start(id);
  box.kernel.kill(process.pid, 9);
  expect((await box.exit(id)).exitCode).toBe(137);
  await box.runtime.delete(id);
});

test("delete removes a created, a running and a half made container", async () => {
  const created = await box.create({ config: { Cmd: ["sleep", "100"] } });
  await box.runtime.delete(created.id);
  expect(box.runtime.alive(created.process.pid, created.process.pidStartTime)).toBe(false);
  expect(box.runtime.alive(created.process.monitorPid, created.process.monitorPidStartTime)).toBe(false);
  const running = await box.create({ config: { Cmd: ["sleep", "100"] } });
  await box.runtime.start(running.id);
  await box.runtime.delete(running.id);
  expect(box.runtime.alive(running.process.pid, running.process.pidStartTime)).toBe(false);
  expect(await box.runtime.known()).not.toContain(running.id);
  expect(existsSync(`/sys/fs/cgroup/pids${box.request(running.id, {}).cgroupPath}`)).toBe(false);
});

test("start of what is not created is refused", async () => {
  await expect(box.runtime.start("0".repeat(64))).rejects.toThrow("is not running");
  const { id } = await box.create({ config: { Cmd: ["sleep", "100"] } });
  await box.runtime.start(id);
  await expect(box.runtime.start(id)).rejects.toThrow("is not waiting to be started");
  await box.runtime.delete(id);
});

test("16 containers at once", async () => {
  const codes = await Promise.all(
    Array.from({ length: 16 }, async (_each, index) => {
      const { id } = await box.create({ config: { Cmd: ["sh", "-c", `exit ${index}`] } });
      await box.runtime.start(id);
      const exit = await box.exit(id);
      await box.runtime.delete(id);
      return exit.exitCode;
    }),
  );
  expect(codes).toEqual(Array.from({ length: 16 }, (_each, index) => index));
}, 60_000);

test("a killed monitor stops the container and says so", async () => {
  const { id, process } = await box.create({ config: { Cmd: ["sleep", "100"] } });
  await box.runtime.start(id);
  box.kernel.kill(process.monitorPid, 9);
  const exit = await box.exit(id);
  expect(exit.exitCode).toBe(137);
  expect(exit.monitorLost).toContain(`conmon, process ${process.monitorPid}`);
  expect(box.runtime.alive(process.pid, process.pidStartTime)).toBe(false);
  expect(box.runtime.readExit(id)).toEqual(exit);
  await box.runtime.delete(id);
}, 10_000);

test("a monitor that was killed is noticed without a descriptor, too", async () => {
  const without: typeof box.kernel = {
    ...box.kernel,
    epollCreate: () => {
      throw errnoError("epoll_create1", null, 24);
    },
  };
  const second = await box.reopen({ kernel: without });
  const { id, process } = await box.create({ config: { Cmd: ["sleep", "100"] } }, second);
  await second.start(id);
  box.kernel.kill(process.monitorPid, 9);
  expect((await box.exit(id)).monitorLost).toContain(`conmon, process ${process.monitorPid}`);
  await second.delete(id);
}, 10_000);

test("a runtime that is killed while it starts something leaves nothing", async () => {
  const fickle = path.join(box.folder, "fickle");
  const lines = [
    "#!/bin/sh",
    'case "$*" in',
    '*" create "* | *" exec "*)',
    '  : >"$_LIBCONTAINER_STATEDIR/crun.left" && mount --bind /proc/self/exe "$_LIBCONTAINER_STATEDIR/crun.left"',
    '  : >"$TMPDIR/conmon-term.left"',
    // What holds the descriptors is the container's first process, in a session of its own.
    `  [ -e ${fickle}.orphan ] && setsid sh -c 'kill -STOP $$' "$0" "$@" &`,
    `  [ -e ${fickle}.kill ] && kill -9 $$ ;;`,
    "esac",
    'exec crun "$@"',
  ];
  writeFileSync(fickle, lines.join("\n"), { mode: 0o755 });
  const second = await box.reopen({ runtimes: { fickle } });
  const { id } = await box.create({ config: { Cmd: ["sleep", "100"] }, runtime: "fickle" }, second);
  await second.start(id);
  writeFileSync(`${fickle}.kill`, "");
  expect(await failureOf(box.create({ config: { Cmd: ["true"] }, runtime: "fickle" }, second))).toContain("OCI runtime create failed");
  const process = box.spec(id, {}).process;
  const request = { containerId: id, execId: "e1", process, attachStdin: false, attachOutput: true, consoleSize: null };
  expect(await failureOf(second.exec(request))).toContain("OCI runtime exec failed");
  writeFileSync(`${fickle}.orphan`, "");
  const orphaned = box.create({ config: { Cmd: ["true"] }, runtime: "fickle" }, second);
  expect(await failureOf(orphaned)).toContain("the runtime was killed before it had ended");
  expect(await second.known()).toEqual([id]);
  await second.delete(id);
  for (const name of ["containers", "exec", "exits", "runtime", "tmp"]) expect(readdirSync(`${box.folder}/run/${name}`)).toEqual([]);
  expect(readFileSync("/proc/self/mountinfo", "utf8")).not.toContain("crun.left");
}, 20_000);

test("a second runtime on the same exec root takes the containers over", async () => {
  const { id, process } = await box.create({ config: { Cmd: ["cat"], OpenStdin: true } });
  await box.runtime.start(id);
  const ended = await box.create({ config: { Cmd: ["sh", "-c", "exit 3"] } });
  await box.runtime.close();
  await box.runtime.start(ended.id);
  while (box.runtime.readExit(ended.id) === null) await Bun.sleep(5);
  const second = await box.reopen();
  expect(await second.known()).toContain(id);
  expect(second.find(id)).toEqual(process);
  expect(second.readExit(ended.id)?.exitCode).toBe(3);
  const session = second.attach(id, { tty: false });
  const reader = session.output[Symbol.asyncIterator]();
  await session.write(new TextEncoder().encode("still here\n"));
  const first = await reader.next();
  expect(Buffer.from(first.done === true ? [] : first.value.bytes).toString()).toBe("still here\n");
  session.close();
  box.kernel.kill(process.pid, 9);
  expect((await box.exit(id)).exitCode).toBe(137);
  await second.delete(id);
  await second.delete(ended.id);
});
