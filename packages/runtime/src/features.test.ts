import { afterAll, beforeAll, expect, test } from "bun:test";
import { readdirSync, readlinkSync } from "node:fs";
import { spawnChild } from "@berth/linux";
import { findInit } from "./spec/find-init.ts";
import { collect, openSandbox, type Sandbox, type TestContainer } from "./testing/sandbox.ts";

let box: Sandbox;
beforeAll(async () => {
  box = await openSandbox();
});
afterAll(() => box.close());

async function run(container: TestContainer): Promise<{ stdout: string; stderr: string; exitCode: number }> {
  const { id } = await box.create(container);
  const output = collect(box.runtime.attach(id, { tty: false }).output);
  await box.runtime.start(id);
  const { exitCode } = await box.exit(id);
  const text = await output;
  await box.runtime.delete(id);
  return { ...text, exitCode };
}

function shell(script: string): { readonly Cmd: string[] } {
  return { Cmd: ["sh", "-c", script] };
}

test("runc by name: output, exit code, errors in the same words", async () => {
  expect(await run({ runtime: "runc", config: shell("echo out; exit 7") })).toEqual({ stdout: "out\n", stderr: "", exitCode: 7 });
  await expect(box.create({ runtime: "runc", config: { Cmd: ["nosuch"] } })).rejects.toThrow(
    'failed to create shim task: OCI runtime create failed: runc create failed: unable to start container process: exec: "nosuch": executable file not found in $PATH: unknown',
  );
  await expect(box.create({ runtime: "nope" })).rejects.toThrow("unknown or invalid runtime name: nope");
});

test("runc: exec with pipes, exit code, not found", async () => {
  const { id } = await box.create({ runtime: "runc", config: { Cmd: ["sleep", "100"] } });
  await box.runtime.start(id);
  const process = box.spec(id, {}).process;
  const request = { containerId: id, process, attachStdin: true, attachOutput: true, consoleSize: null };
  const exec = await box.runtime.exec({ ...request, execId: "r1", process: { ...process, args: ["sh", "-c", "cat; exit 3"] } });
  await exec.session.write(new TextEncoder().encode("hello\n"));
  exec.session.closeInput();
  expect((await collect(exec.session.output)).stdout).toBe("hello\n");
  expect(await exec.exited).toBe(3);
  await expect(box.runtime.exec({ ...request, execId: "r2", process: { ...process, args: ["nosuch"] } })).rejects.toThrow(
    'exec: "nosuch": executable file not found in $PATH',
  );
  await box.runtime.delete(id);
});

test("runc: exec with a terminal, resize, exit code, not found", async () => {
  const { id } = await box.create({ runtime: "runc", config: { Cmd: ["sleep", "100"] } });
  await box.runtime.start(id);
  const process = { ...box.spec(id, {}).process, terminal: true };
  const request = { containerId: id, attachStdin: true, attachOutput: true, consoleSize: [20, 60] as const };
  const descriptors = readdirSync("/proc/self/fd").length;
  const exec = await box.runtime.exec({ ...request, execId: "t1", process: { ...process, args: ["sh"] } });
  const output = collect(exec.session.output);
  exec.resize(44, 99);
  await exec.session.write(new TextEncoder().encode("sleep 0.1; stty size; exit 4\n"));
  expect(await exec.exited).toBe(4);
  expect((await output).stdout).toContain("44 99");
  await expect(box.runtime.exec({ ...request, execId: "t2", process: { ...process, args: ["nosuch"] } })).rejects.toThrow(
    'exec: "nosuch": executable file not found in $PATH',
  );
  expect(readdirSync(`${box.folder}/run/exec`)).toEqual([]);
  await Bun.sleep(20);
  expect(readdirSync("/proc/self/fd").length).toBeLessThanOrEqual(descriptors);
  await box.runtime.delete(id);
});

test("runc is the default where crun cannot run", async () => {
  const cgroups = { ...box.cgroups, version: "hybrid" as const, completeHybrid: () => Promise.reject(new Error("busy")) };
  const runtime = await box.reopen({ cgroups });
  expect(runtime.defaultRuntime).toBe("runc");
  expect(runtime.warnings.some((warning) => warning.includes("containers are run by runc"))).toBe(true);
  await expect(box.reopen({ defaultRuntime: "kata" })).rejects.toThrow("unknown or invalid runtime name: kata");
  expect((await box.reopen({ runtimes: { mine: "/usr/bin/crun" }, defaultRuntime: "mine" })).defaultRuntime).toBe("mine");
});

test("limits: memory, processes", async () => {
  const { id } = await box.create({
    config: { Cmd: ["sleep", "100"] },
    hostConfig: { Memory: 64 * 1024 * 1024, PidsLimit: 20, NanoCpus: 5e8 },
  });
  await box.runtime.start(id);
  const path = box.request(id, {}).cgroupPath;
  expect(box.cgroups.usage(path).pids).toBe(1);
  const limit = await Bun.file(
    box.cgroups.version === "v2" ? `/sys/fs/cgroup${path}/memory.max` : `/sys/fs/cgroup/memory${path}/memory.limit_in_bytes`,
  ).text();
  expect(Number(limit)).toBe(64 * 1024 * 1024);
  await box.runtime.delete(id);
});

test("the monitor does not count in the container's cgroup", async () => {
  const { id, process } = await box.create({ config: { Cmd: ["sleep", "100"] } });
  expect(box.cgroups.processes(box.request(id, {}).cgroupPath)).toEqual([process.pid]);
  const monitors = `${box.request("", {}).cgroupPath}monitors`;
  expect(box.cgroups.processes(monitors)).toContain(process.monitorPid);
  await box.runtime.delete(id);
});

test("tmpfs, read-only root, shared memory size, binds", async () => {
  const { stdout, stderr } = await run({
    config: shell(
      "touch /x; touch /run/y && echo wrote; grep -c ' /run ' /proc/mounts; grep ' /dev/shm ' /proc/mounts; ls /host | head -n 1; touch /host/z",
    ),
    hostConfig: { ReadonlyRootfs: true, ShmSize: 1024 * 1024, Tmpfs: { "/tmp": "size=1m" } },
    request: {
      mounts: [
        {
          type: "tmpfs",
          source: "",
          destination: "/run",
          readOnly: false,
          propagation: "",
          nonRecursive: false,
          recursiveReadOnly: false,
          tmpfsOptions: [],
        },
        {
          type: "bind",
          source: box.rootfs,
          destination: "/host",
          readOnly: true,
          propagation: "rprivate",
          nonRecursive: false,
          recursiveReadOnly: false,
          tmpfsOptions: [],
        },
      ],
    },
  });
  expect(stderr).toContain("touch: /x: Read-only file system");
  expect(stderr).toContain("touch: /host/z: Read-only file system");
  expect(stdout).toContain("wrote\n1\n");
  expect(stdout).toMatch(/shm \/dev\/shm tmpfs .*size=1024k/);
  expect(stdout).toContain("bin\n");
});

test("--init reaps and passes the exit code on", async () => {
  const initPath = findInit();
  expect(initPath).not.toBeNull();
  const { stdout, exitCode } = await run({ config: shell("cat /proc/1/comm; exit 12"), request: { initPath } });
  expect(stdout.trim()).toBe("docker-init");
  expect(exitCode).toBe(12);
  await expect(box.create({ config: { Cmd: ["sh"] }, request: { initPath: "/nosuch" } })).rejects.toThrow("nosuch");
});

test("namespaces: the host's, and another container's", async () => {
  const host = await run({
    config: shell("hostname; ls -d /proc/[0-9]* | wc -l"),
    hostConfig: { PidMode: "host", UTSMode: "host", IpcMode: "host" },
  });
  expect(host.stdout).not.toContain("box");
  const other = await box.create({ config: { Cmd: ["sleep", "100"], Hostname: "other" } });
  await box.runtime.start(other.id);
  const ns = `/proc/${other.process.pid}/ns`;
  const joined = await run({
    config: shell("cat /proc/1/comm"),
    request: { namespaces: { network: `${ns}/net`, pid: `${ns}/pid`, ipc: `${ns}/ipc` } },
  });
  expect(joined.stdout).toBe("sleep\n");
  await box.runtime.delete(other.id);
});

test("a privileged container: devices, writable /sys, no filter", async () => {
  const request = box.request("id", {});
  const protection = {
    ...request.protection,
    seccomp: null,
    allDevices: true,
    writableSys: true,
    writableCgroups: true,
    maskedPaths: [],
    readonlyPaths: [],
    deviceRules: [{ allow: true, access: "rwm" }],
  };
  const { stdout } = await run({
    config: shell("test -c /dev/loop-control && echo loop; grep Seccomp: /proc/self/status; grep ' /sys ' /proc/mounts"),
    request: { protection },
  });
  expect(stdout).toContain("loop\n");
  expect(stdout).toContain("Seccomp:\t0");
  expect(stdout).toMatch(/ \/sys sysfs rw/);
});

test("sysctls in a network namespace of its own", async () => {
  const holder = spawnChild(["unshare", "--net", "sleep", "30"], { stdio: ["ignore", "ignore", "ignore"] });
  const own = readlinkSync("/proc/self/ns/net");
  while (readlinkSync(`/proc/${holder.pid}/ns/net`) === own) await Bun.sleep(5);
  const { stdout } = await run({
    config: shell("cat /proc/sys/net/ipv4/ip_unprivileged_port_start /proc/sys/net/ipv4/ping_group_range /proc/sys/kernel/domainname"),
    hostConfig: { Sysctls: { "kernel.domainname": "example.org", "net.ipv4.ip_unprivileged_port_start": "10" } },
    request: { ownNetwork: true, namespaces: { network: `/proc/${holder.pid}/ns/net`, pid: null, ipc: null } },
  });
  holder.kill(9);
  expect(stdout).toBe("10\n0\t2147483647\nexample.org\n");
});
