import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import { execFileSync } from "node:child_process";
import * as fs from "node:fs";
import os from "node:os";
import { join } from "node:path";
import { kindOf } from "@berth/base";
import { O_RDONLY } from "../kernel/constants.ts";
import { openKernel } from "../kernel/open-kernel.ts";
import { KernelError } from "../kernel-error.ts";
import { openRooted } from "./open-rooted.ts";
import type { RootedFolder } from "./rooted-folder.ts";

const kernel = openKernel();
const owner = { mode: 0o750, uid: 3, gid: 4 };
let outside = "";
let path = "";
let root: RootedFolder;

beforeEach(() => {
  outside = fs.mkdtempSync(join(os.tmpdir(), "berth-rooted-"));
  path = join(outside, "root");
  fs.mkdirSync(join(path, "etc"), { recursive: true });
  fs.writeFileSync(join(outside, "secret"), "secret");
  fs.writeFileSync(join(path, "etc/passwd"), "inside");
  root = openRooted(kernel, path);
});
afterEach(() => {
  root.close();
  fs.rmSync(outside, { recursive: true });
});

function failure(work: () => unknown): unknown {
  try {
    work();
  } catch (error) {
    return error;
  }
  throw new Error("nothing was thrown");
}
const text = (inside: string): string => Buffer.from(root.readFile(inside, 1000)).toString();

describe("a rooted folder", () => {
  test("reads the same file by every spelling of its path", () => {
    for (const spelling of ["etc/passwd", "/etc/passwd", "../../etc/passwd", "/etc/../../etc/./passwd", "//etc//passwd"])
      expect(text(spelling)).toBe("inside");
  });

  test("keeps absolute and climbing links inside", () => {
    fs.symlinkSync("/etc/passwd", join(path, "absolute"));
    fs.symlinkSync("../../../../etc/passwd", join(path, "climbing"));
    fs.symlinkSync("/", join(path, "etc/top"));
    for (const link of ["absolute", "climbing", "etc/top/etc/top/etc/passwd"]) expect(text(link)).toBe("inside");
    fs.symlinkSync(join(outside, "secret"), join(path, "escape"));
    fs.symlinkSync("../secret", join(path, "escape2"));
    for (const link of ["escape", "escape2"]) expect(kindOf(failure(() => root.readFile(link, 1000)))).toBe("not-found");
  });

  test("refuses magic links of /proc", () => {
    const proc = openRooted(kernel, "/proc");
    expect(failure(() => proc.open("self/root/etc/passwd", O_RDONLY))).toMatchObject({ code: "ELOOP" });
    expect(failure(() => proc.open("self/cwd", O_RDONLY))).toMatchObject({ code: "ELOOP" });
    proc.close();
  });

  test("names the whole path in errors, and refuses a NUL", () => {
    const error = failure(() => root.readFile("etc/none", 10));
    expect(error).toBeInstanceOf(KernelError);
    expect(error).toMatchObject({ kind: "not-found", path: join(path, "etc/none") });
    expect(failure(() => root.readFile("etc/passwd\0.txt", 10))).toMatchObject({ code: "EINVAL" });
  });

  test("bounds what it reads", () => {
    expect(text("etc/passwd")).toBe("inside");
    expect(root.readFile("etc/passwd", 6).length).toBe(6);
    expect(kindOf(failure(() => root.readFile("etc/passwd", 5)))).toBe("exhausted");
    const proc = openRooted(kernel, "/proc");
    expect(proc.readFile("version", 10_000).length).toBeGreaterThan(20);
    expect(kindOf(failure(() => proc.readFile("version", 20)))).toBe("exhausted");
    proc.close();
  });

  test("does not wait on a FIFO, open a device or read a folder", () => {
    execFileSync("mkfifo", [join(path, "pipe")]);
    execFileSync("mknod", [join(path, "device"), "c", "1", "5"]);
    for (const name of ["pipe", "device"]) expect(kindOf(failure(() => root.readFile(name, 10)))).toBe("invalid");
    expect(failure(() => root.readFile("etc", 10))).toMatchObject({ code: "EISDIR" });
  });

  test("writes with owner and mode, replacing a link instead of following it", () => {
    fs.symlinkSync(join(outside, "secret"), join(path, "etc/hosts"));
    root.writeFile("etc/hosts", Buffer.from("new"), { mode: 0o4640, uid: 5, gid: 6 });
    const stat = fs.lstatSync(join(path, "etc/hosts"));
    expect([stat.isFile(), stat.mode & 0o7777, stat.uid, stat.gid]).toEqual([true, 0o4640, 5, 6]);
    expect(fs.readFileSync(join(outside, "secret"), "utf8")).toBe("secret");
    expect(root.list("etc")).toEqual(["hosts", "passwd"]);
  });

  test("leaves nothing behind when a write fails", () => {
    fs.mkdirSync(join(path, "etc/folder"));
    expect(failure(() => root.writeFile("etc/folder", Buffer.from("x"), owner))).toMatchObject({ code: "EISDIR" });
    expect(root.list("etc")).toEqual(["folder", "passwd"]);
    expect(kindOf(failure(() => root.writeFile("none/file", Buffer.from("x"), owner)))).toBe("not-found");
    expect(kindOf(failure(() => root.writeFile("/", Buffer.from("x"), owner)))).toBe("invalid");
    expect(kindOf(failure(() => root.writeFile("etc/..", Buffer.from("x"), owner)))).toBe("invalid");
  });

  test("creates a file in place of a link, not through it", () => {
    fs.symlinkSync(join(outside, "secret"), join(path, "link"));
    const fd = root.createFile("link", owner);
    kernel.write(fd, Buffer.from("streamed"));
    kernel.close(fd);
    expect(text("link")).toBe("streamed");
    expect(fs.readFileSync(join(outside, "secret"), "utf8")).toBe("secret");
  });

  test("makes folders with owner and mode, and leaves those that are there", () => {
    fs.chmodSync(join(path, "etc"), 0o711);
    root.makeFolders("/etc/a/b", owner);
    root.makeFolders("/etc/a/b", { mode: 0o777, uid: 0, gid: 0 });
    for (const inside of ["etc/a", "etc/a/b"]) expect(root.lstat(inside)).toMatchObject({ uid: 3, gid: 4, mode: 0o40750 });
    expect(root.lstat("etc")).toMatchObject({ uid: 0, mode: 0o40711 });
    root.makeParents("var/lib/file", owner);
    expect(root.list("var")).toEqual(["lib"]);
    expect(root.exists("var/lib/file")).toBe(false);
    root.makeParents("file", owner);
    root.makeFolders("/", owner);
  });

  test("makes folders through links, dangling ones too, and never outside", () => {
    fs.symlinkSync("etc", join(path, "here"));
    fs.symlinkSync("/not/yet", join(path, "etc/dangling"));
    fs.symlinkSync(join(outside, "x"), join(path, "escape"));
    fs.symlinkSync("../../../y", join(path, "climb"));
    root.makeFolders("here/dangling/deep", owner);
    expect(root.isFolder("not/yet/deep")).toBe(true);
    root.makeFolders("escape/in", owner);
    root.makeFolders("climb/in", owner);
    expect(fs.readdirSync(outside).sort()).toEqual(["root", "secret"]);
    expect(root.isFolder("y/in")).toBe(true);
    expect(root.isFolder(`${outside}/x/in`)).toBe(true);
  });

  test("refuses folders where a file or a loop of links is in the way", () => {
    expect(failure(() => root.makeFolders("etc/passwd/x", owner))).toMatchObject({ code: "ENOTDIR" });
    fs.symlinkSync("loop2", join(path, "loop1"));
    fs.symlinkSync("loop1", join(path, "loop2"));
    expect(failure(() => root.makeFolders("loop1/x", owner))).toMatchObject({ code: "ELOOP" });
    fs.symlinkSync("self/x", join(path, "self"));
    expect(failure(() => root.makeFolders("self/y", owner))).toMatchObject({ code: "ELOOP" });
  });

  test("tells links from what they lead to", () => {
    fs.symlinkSync("etc", join(path, "link"));
    fs.symlinkSync("none", join(path, "dangling"));
    expect((root.lstat("link")?.mode ?? 0) & 0o170000).toBe(0o120000);
    expect(root.isFolder("link")).toBe(true);
    expect([root.exists("dangling"), root.stat("dangling"), root.lstat("none/x"), root.stat("etc/passwd/x")]).toEqual([
      true,
      null,
      null,
      null,
    ]);
    expect(root.resolve("link/../link/passwd")).toBe("/etc/passwd");
    expect(root.resolve("/../..")).toBe("/");
  });

  test("carries names that are no UTF-8", () => {
    const raw = Buffer.concat([Buffer.from(`${path}/`), Buffer.from([0x66, 0xff, 0xc3, 0xa9])]);
    fs.writeFileSync(raw, "odd");
    const name = root.list("/").find((each) => each.startsWith("f")) ?? "";
    expect(text(name)).toBe("odd");
    expect(name.endsWith("é")).toBe(true);
  });

  test("holds against somebody who swaps a folder for a link out all the time", async () => {
    fs.mkdirSync(join(path, "swap/in"), { recursive: true });
    fs.mkdirSync(join(outside, "in"));
    fs.symlinkSync(outside, join(path, "trap"));
    const program = `
      const { openKernel } = await import(${JSON.stringify(join(import.meta.dir, "../kernel/open-kernel.ts"))});
      const kernel = openKernel();
      const end = performance.now() + 1500;
      while (performance.now() < end) kernel.renameat2(-100, ${JSON.stringify(join(path, "swap"))}, -100, ${JSON.stringify(join(path, "trap"))}, 2);`;
    const racer = Bun.spawn([process.execPath, "-e", program]);
    let made = 0;
    for (let index = 0; racer.exitCode === null; index++) {
      try {
        root.writeFile(`swap/in/f${index % 10}`, Buffer.from("x"), owner);
        made++;
      } catch (error) {
        expect(["ENOENT", "EAGAIN"]).toContain(error instanceof KernelError ? error.code : String(error));
      }
      if (index % 50 === 0) await Bun.sleep(0);
    }
    expect(made).toBeGreaterThan(0);
    expect(fs.readdirSync(join(outside, "in"))).toEqual([]);
  });
});
