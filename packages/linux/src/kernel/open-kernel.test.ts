import { bytesOfPath, pathOfBytes } from "@berth/base";
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { spawn } from "node:child_process";
import * as fs from "node:fs";
import os from "node:os";
import { join } from "node:path";
import { createFakeKernel, kernelContract, openDatagramReceiver } from "../testing/index.ts";
import { AT_FDCWD, CAP_SYS_ADMIN, O_DIRECTORY, O_NONBLOCK, O_PATH, O_RDONLY, O_RDWR, RLIMIT_NOFILE } from "./constants.ts";
import { openKernel } from "./open-kernel.ts";

kernelContract("this machine", () => {
  const folder = fs.mkdtempSync(join(os.tmpdir(), "berth-kernel-"));
  const kernel = openKernel();
  const root = kernel.openat2(AT_FDCWD, folder, { flags: O_RDONLY | O_DIRECTORY, resolve: 0 });
  return { kernel, root, destroy: () => fs.rmSync(folder, { recursive: true }) };
});

kernelContract("the fake", () => {
  const { kernel, openDescriptors } = createFakeKernel();
  kernel.mkdirat(AT_FDCWD, "/root", 0o755);
  const root = kernel.openat2(AT_FDCWD, "/root", { flags: O_RDONLY | O_DIRECTORY, resolve: 0 });
  return { kernel, root, destroy: () => expect(openDescriptors()).toBe(0) };
});

describe("the fake kernel", () => {
  test("remembers calls and fails on demand, once", () => {
    const { kernel, calls, failNext } = createFakeKernel();
    failNext("mkdirat", 28);
    expect(() => kernel.mkdirat(AT_FDCWD, "/a", 0o755)).toThrow("no space left");
    kernel.mkdirat(AT_FDCWD, "/a", 0o755);
    expect(calls).toEqual([
      { name: "mkdirat", args: [AT_FDCWD, "/a", 0o755] },
      { name: "mkdirat", args: [AT_FDCWD, "/a", 0o755] },
    ]);
  });
});

describe("the real kernel", () => {
  const kernel = openKernel();
  let folder = "";
  beforeAll(() => {
    folder = fs.mkdtempSync(join(os.tmpdir(), "berth-kernel-"));
  });
  afterAll(() => fs.rmSync(folder, { recursive: true }));

  function failure(work: () => unknown): unknown {
    try {
      work();
    } catch (error) {
      return error;
    }
    return null;
  }

  test("passes a descriptor over a socket, however long its path", () => {
    const deep = join(folder, "d".repeat(90), "e".repeat(90));
    fs.mkdirSync(deep, { recursive: true });
    for (const path of [join(folder, "short.sock"), join(deep, "long.sock")]) {
      const listener = kernel.unixListen(path, 0o666);
      expect(fs.statSync(path).mode & 0o777).toBe(0o666);
      expect(kernel.accept4(listener)).toBeNull();
      const client = kernel.unixConnect(path, "stream");
      const server = kernel.accept4(listener) ?? -1;
      expect(kernel.receiveFd(server)).toBeNull();
      const [read, write] = kernel.pipe2(0);
      kernel.sendFd(client, write);
      const received = kernel.receiveFd(server) ?? -1;
      expect(received).not.toBe(write);
      kernel.write(received, Buffer.from("hi"));
      expect(kernel.read(read, new Uint8Array(5))).toBe(2);
      kernel.close(client);
      expect(failure(() => kernel.receiveFd(server))).toMatchObject({ code: "ECONNRESET" });
      for (const fd of [listener, server, read, write, received]) kernel.close(fd);
      fs.unlinkSync(path);
    }
    expect(failure(() => kernel.unixConnect(join(folder, "none.sock"), "seqpacket"))).toMatchObject({ code: "ENOENT" });
  });

  test("passes a sealed file in memory without any data, to a datagram socket", () => {
    const path = join(folder, "datagram.sock");
    using receiver = openDatagramReceiver(path);
    const client = kernel.unixConnect(path, "datagram");
    const bytes = Buffer.alloc(300_000, "x");
    expect(failure(() => kernel.write(client, bytes))).toMatchObject({ code: "EMSGSIZE" });
    const memory = kernel.sealedMemory("test", bytes);
    expect(failure(() => kernel.write(memory, Buffer.from("more")))).toMatchObject({ code: "EPERM" });
    kernel.sendFdAlone(client, memory);
    kernel.write(client, Buffer.from("and data"));
    const [passed, data] = receiver.receive();
    expect(passed?.bytes.length).toBe(0);
    expect(fs.readFileSync(`/proc/self/fd/${passed?.fd}`).length).toBe(bytes.length);
    expect(Buffer.from(data?.bytes ?? []).toString()).toBe("and data");
    expect(data?.fd).toBeNull();
    // Nobody takes anything: the queue is full at some time.
    let full: unknown = null;
    for (let sent = 0; full === null && sent < 10_000; sent++) full = failure(() => kernel.sendFdAlone(client, memory));
    expect(full).toMatchObject({ code: "EAGAIN" });
    for (const { fd } of receiver.receive()) if (fd !== null) kernel.close(fd);
    for (const fd of [client, memory, passed?.fd ?? -1]) kernel.close(fd);
  });

  test("a folder in memory can be read and run from, but neither changed nor left", () => {
    const folder = kernel.memoryFolder({ program: fs.readFileSync("/bin/true"), note: Buffer.from("hello") });
    const path = `/proc/self/fd/${folder}`;
    expect(fs.readdirSync(`${path}/`).sort()).toEqual(["note", "program"]);
    expect(fs.readFileSync(`${path}/note`, "utf8")).toBe("hello");
    expect(fs.readdirSync(`${path}/../..`).sort()).toEqual(["note", "program"]);
    expect(failure(() => fs.writeFileSync(`${path}/note`, "other"))).toMatchObject({ code: "EROFS" });
    expect(failure(() => fs.writeFileSync(`${path}/more`, ""))).toMatchObject({ code: "EROFS" });
    expect(fs.readFileSync("/proc/self/mountinfo", "utf8").includes("note")).toBe(false);
    const child = Bun.spawnSync(["/proc/self/fd/3/program"], { stdio: ["ignore", "ignore", "ignore", folder] });
    expect(child.exitCode).toBe(0);
    kernel.close(folder);
  });

  test("signals a process by descriptor until it is gone", async () => {
    const child = spawn("sleep", ["60"], { stdio: "ignore" });
    const pidfd = kernel.pidfdOpen(child.pid ?? -1) ?? -1;
    expect(kernel.pidfdSendSignal(pidfd, 0)).toBe(true);
    const ended = new Promise((resolve) => child.once("exit", (_code, signal) => resolve(signal)));
    expect(kernel.pidfdSendSignal(pidfd, 9)).toBe(true);
    expect(await ended).toBe("SIGKILL");
    expect(kernel.pidfdSendSignal(pidfd, 0)).toBe(false);
    kernel.close(pidfd);
  });

  test("waits for the ends of many processes by one descriptor", async () => {
    const epoll = kernel.epollCreate();
    const children = Array.from({ length: 3 }, () => spawn("sleep", ["60"], { stdio: "ignore" }));
    const pidfds = children.map((child) => kernel.pidfdOpen(child.pid ?? -1) ?? -1);
    for (const pidfd of pidfds) kernel.epollAdd(epoll, pidfd);
    expect(kernel.epollReady(epoll)).toEqual([]);
    for (const child of [children[0], children[2]]) {
      const ended = new Promise((resolve) => child?.once("exit", resolve));
      child?.kill("SIGKILL");
      await ended;
    }
    expect(new Set(kernel.epollReady(epoll))).toEqual(new Set([pidfds[0] ?? 0, pidfds[2] ?? 0]));
    // Each end is told once.
    expect(kernel.epollReady(epoll)).toEqual([]);
    const last = new Promise((resolve) => children[1]?.once("exit", resolve));
    children[1]?.kill("SIGKILL");
    await last;
    expect(kernel.epollReady(epoll)).toEqual([pidfds[1] ?? 0]);
    for (const fd of [...pidfds, epoll]) kernel.close(fd);
  });

  test("goes on without the pages of its code, which come back as they are used", () => {
    const codeBytes = (): number => {
      const program = fs.readlinkSync("/proc/self/exe");
      const maps = fs.readFileSync("/proc/self/smaps", "utf8").split(/^(?=[0-9a-f]+-[0-9a-f]+ )/m);
      const own = maps.filter((map) => / r-xp /.test(map) && map.split("\n")[0]?.endsWith(program) === true);
      return own.reduce((sum, map) => sum + 1024 * Number(/^Rss: +(\d+) kB/m.exec(map)?.[1]), 0);
    };
    const before = codeBytes();
    expect(kernel.unmapOwnCode()).toBeGreaterThan(before);
    const after = codeBytes();
    expect(after).toBeGreaterThan(0);
    expect(after).toBeLessThan(before * 0.7);
  });

  test("tells of the next write to a file, once", () => {
    const inotify = kernel.inotifyInit();
    const path = join(folder, "written");
    fs.writeFileSync(path, "");
    const watch = kernel.inotifyNextWrite(inotify, path);
    expect(kernel.inotifyFired(inotify)).toEqual([]);
    for (const line of ["one", "two"]) fs.appendFileSync(path, line);
    expect(kernel.inotifyFired(inotify)).toEqual([watch]);
    kernel.inotifyForget(inotify, watch);
    fs.appendFileSync(path, "three");
    expect(kernel.inotifyFired(inotify)).toEqual([]);
    const again = kernel.inotifyNextWrite(inotify, path);
    kernel.inotifyForget(inotify, again);
    fs.appendFileSync(path, "four");
    expect(kernel.inotifyFired(inotify)).toEqual([]);
    expect(failure(() => kernel.inotifyNextWrite(inotify, join(folder, "none")))).toMatchObject({ code: "ENOENT" });
    kernel.close(inotify);
    fs.unlinkSync(path);
  });

  test("sets a terminal's size", () => {
    const master = kernel.openat2(AT_FDCWD, "/dev/ptmx", { flags: O_RDWR | O_NONBLOCK, resolve: 0 });
    kernel.setWindowSize(master, 33, 101);
    kernel.close(master);
    const file = kernel.openat2(AT_FDCWD, "/dev/null", { flags: O_RDWR, resolve: 0 });
    expect(failure(() => kernel.setWindowSize(file, 1, 1))).toMatchObject({ code: "ENOTTY" });
    kernel.close(file);
  });

  test("reads limits, capabilities and file systems", () => {
    const [soft, hard] = kernel.getRlimit(RLIMIT_NOFILE);
    expect(soft).toBeGreaterThan(0);
    expect(hard).toBeGreaterThanOrEqual(soft);
    const mask = BigInt(`0x${/^CapEff:\s*(\w+)$/m.exec(fs.readFileSync("/proc/self/status", "utf8"))?.[1]}`);
    for (const capability of [0, CAP_SYS_ADMIN, 24, 38, 63])
      expect(kernel.hasCapability(capability)).toBe(((mask >> BigInt(capability)) & 1n) === 1n);
    const { totalBytes, freeBytes } = kernel.statfs(folder);
    expect(totalBytes).toBeGreaterThan(freeBytes);
    expect(kernel.statfs("/proc").type).toBe(0x9fa0);
  });

  test("keeps names that are no UTF-8 through a round trip", () => {
    for (const bytes of [[0xff], [0x61, 0xc3], [0xc3, 0xa9, 0x80], [0xf0, 0x9f, 0x98, 0x80, 0xfe], [0xed, 0xb2, 0x80], [0xef, 0xbf, 0xbd]])
      expect([...bytesOfPath(pathOfBytes(Uint8Array.from(bytes)))]).toEqual(bytes);
    const fd = kernel.openat2(AT_FDCWD, folder, { flags: O_PATH | O_DIRECTORY, resolve: 0 });
    kernel.mkdirat(fd, pathOfBytes(Uint8Array.of(0x64, 0xff)), 0o755);
    expect(kernel.readdir(fd)).toContain("d\udcff");
    kernel.close(fd);
  });

  test("lists 5,000 entries", () => {
    const many = join(folder, "many");
    fs.mkdirSync(many);
    for (let index = 0; index < 5000; index++) fs.writeFileSync(join(many, `entry-with-a-name-${index}`), "");
    const fd = kernel.openat2(AT_FDCWD, many, { flags: O_PATH | O_DIRECTORY, resolve: 0 });
    expect(new Set(kernel.readdir(fd)).size).toBe(5000);
    kernel.close(fd);
  }, 60_000);

  test("keeps nothing open on exec, unless told", () => {
    const fd = kernel.openat2(AT_FDCWD, "/dev/null", { flags: O_RDONLY, resolve: 0 });
    const flags = (): number => Number.parseInt(/flags:\s*(\d+)/.exec(fs.readFileSync(`/proc/self/fdinfo/${fd}`, "utf8"))?.[1] ?? "0", 8);
    expect(flags() & 0o2000000).not.toBe(0);
    kernel.setCloseOnExec(fd, false);
    kernel.setNonBlocking(fd, true);
    expect([flags() & 0o2000000, flags() & O_NONBLOCK]).toEqual([0, O_NONBLOCK]);
    kernel.close(fd);
  });
});
