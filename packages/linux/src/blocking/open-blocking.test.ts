import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "bun:test";
import { execFileSync, spawnSync } from "node:child_process";
import * as fs from "node:fs";
import os from "node:os";
import { join } from "node:path";
import { kindOf } from "@berth/base";
import { AT_FDCWD, MNT_DETACH, O_CREAT, O_DIRECTORY, O_EXCL, O_PATH, O_WRONLY } from "../kernel/constants.ts";
import { openKernel } from "../kernel/open-kernel.ts";
import { KernelError } from "../kernel-error.ts";
import type { Blocking } from "../ports.ts";
import { createLane } from "./lane.ts";
import { openBlocking } from "./open-blocking.ts";

let blocking: Blocking;
let root = "";
beforeAll(() => {
  blocking = openBlocking();
});
afterAll(() => blocking.close());
beforeEach(() => {
  root = fs.mkdtempSync(join(os.tmpdir(), "berth-blocking-"));
});
afterEach(async () => {
  for (const target of mountsBelow(root).reverse()) execFileSync("umount", ["-l", target]);
  // It complains about links and pipes, which have no such flag.
  spawnSync("chattr", ["-R", "-i", root]);
  fs.rmSync(root, { recursive: true, force: true });
});

function mountsBelow(folder: string): string[] {
  return fs
    .readFileSync("/proc/self/mountinfo", "utf8")
    .split("\n")
    .map((line) => line.split(" ")[4] ?? "")
    .filter((target) => target.startsWith(`${folder}/`));
}

function folder(...parts: string[]): string {
  const path = join(root, ...parts);
  fs.mkdirSync(path, { recursive: true });
  return path;
}

async function refusal(work: Promise<unknown>): Promise<KernelError> {
  try {
    await work;
  } catch (error) {
    if (error instanceof KernelError) return error;
    throw error;
  }
  throw new Error("nothing was thrown");
}

describe("the workers", () => {
  test("carry every field of an error over", async () => {
    const error = await refusal(blocking.mount("none", join(root, "missing"), "tmpfs", 0, ""));
    expect(error).toMatchObject({
      kind: "not-found",
      call: "mount",
      errno: 2,
      code: "ENOENT",
      path: join(root, "missing"),
      message: `mount ${join(root, "missing")}: no such file or directory`,
    });
  });

  test("leave the current folder of the process alone", async () => {
    const before = process.cwd();
    const layers = Array.from({ length: 40 }, (_, index) => folder(`layer:${index}`));
    await blocking.mountOverlay({ lower: layers, upper: null, work: null, target: folder("target"), volatile: false });
    expect(process.cwd()).toBe(before);
    expect(fs.readlinkSync("/proc/self/cwd")).toBe(before);
  });

  test("refuse calls after close, and finish those before", async () => {
    const other = openBlocking();
    await other.warm();
    const last = other.diskUsage(root);
    await other.close();
    expect(await last).toBeGreaterThan(0);
    await expect(other.fsync(root)).rejects.toThrow("closed");
  });

  test("end when idle, and start again", async () => {
    const threads = (): number => fs.readdirSync("/proc/self/task").length;
    const lane = createLane({ idleMs: 30 });
    expect(await lane.call("diskUsage", [join(root, "missing")])).toBe(0);
    const busy = threads();
    for (let waitedMs = 0; threads() >= busy && waitedMs < 3000; waitedMs += 10) await Bun.sleep(10);
    expect(threads()).toBeLessThan(busy);
    expect(await lane.call("diskUsage", [root])).toBeGreaterThan(0);
    await lane.close();
  });

  test("do not make a mount wait for a slow removal", async () => {
    await blocking.mount("tmpfs", folder("memory"), "tmpfs", 0, "");
    const tree = folder("memory", "tree");
    for (let index = 0; index < 30_000; index++) fs.writeFileSync(join(tree, `f${index}`), "");
    const order: string[] = [];
    await Promise.all([
      blocking.removeTree(tree).then(() => order.push("removed")),
      blocking.mount("tmpfs", folder("target"), "tmpfs", 0, "").then(() => order.push("mounted")),
    ]);
    expect(order).toEqual(["mounted", "removed"]);
  });
});

describe("mountOverlay", () => {
  const overlayOf = (layers: number, prefix = "layer"): { lower: string[]; upper: string; work: string; target: string } => {
    const lower = Array.from({ length: layers }, (_, index) => {
      const layer = folder(`${prefix}-${index}-${"x".repeat(60)}`);
      fs.writeFileSync(join(layer, "shared"), String(index));
      fs.writeFileSync(join(layer, `own-${index}`), "");
      return layer;
    });
    return { lower, upper: folder("upper"), work: folder("work"), target: folder("target") };
  };

  test("refuses a writable layer that the kernel would mount read-only, for want of room", async () => {
    const overlay = overlayOf(2);
    const small = folder("small");
    // Room for the two folders, none for what the kernel makes in them.
    await blocking.mount("tmpfs", small, "tmpfs", 0, "nr_inodes=3");
    for (const name of ["upper", "work"]) fs.mkdirSync(join(small, name));
    const full = { ...overlay, upper: join(small, "upper"), work: join(small, "work"), volatile: false };
    expect((await refusal(blocking.mountOverlay(full))).code).toBe("ENOSPC");
    expect(fs.readdirSync(overlay.target)).toEqual([]);
    await blocking.unmount(small, 0);
  });

  for (const layers of [1, 3, 127, 300]) {
    test(`lays ${layers} layers over each other, the first on top`, async () => {
      const overlay = overlayOf(layers);
      await blocking.mountOverlay({ ...overlay, volatile: false });
      expect(fs.readFileSync(join(overlay.target, "shared"), "utf8")).toBe("0");
      expect(fs.readdirSync(overlay.target).length).toBe(layers + 1);
      fs.writeFileSync(join(overlay.target, "shared"), "changed");
      expect(fs.readFileSync(join(overlay.upper, "shared"), "utf8")).toBe("changed");
      expect(fs.readFileSync(join(overlay.lower[0] ?? "", "shared"), "utf8")).toBe("0");
      await blocking.unmount(overlay.target, 0);
      expect(fs.readdirSync(overlay.target)).toEqual([]);
    });
  }

  for (const layers of [1, 2, 200]) {
    test(`makes a read-only mount of ${layers} layers without an upper one`, async () => {
      const { lower, target } = overlayOf(layers);
      await blocking.mountOverlay({ lower, upper: null, work: null, target, volatile: false });
      expect(fs.readFileSync(join(target, "shared"), "utf8")).toBe("0");
      expect(() => fs.writeFileSync(join(target, "new"), "")).toThrow("EROFS");
    });
  }

  test("takes paths with colons, commas, quotes, backslashes and spaces", async () => {
    const overlay = overlayOf(2, 'a:b,c"d\\e f');
    await blocking.mountOverlay({ ...overlay, volatile: false });
    expect(fs.readFileSync(join(overlay.target, "shared"), "utf8")).toBe("0");
  });

  test("binds the upper folder where there is no layer", async () => {
    const { upper, work, target } = overlayOf(0);
    await blocking.mountOverlay({ lower: [], upper, work, target, volatile: false });
    fs.writeFileSync(join(target, "new"), "");
    expect(fs.readdirSync(upper)).toEqual(["new"]);
  });

  test("shows renamed folders and changed owners whole in the upper layer", async () => {
    const overlay = overlayOf(1);
    fs.mkdirSync(join(overlay.lower[0] ?? "", "dir"));
    await blocking.mountOverlay({ ...overlay, volatile: false });
    fs.chownSync(join(overlay.target, "shared"), 5, 5);
    expect(fs.readFileSync(join(overlay.upper, "shared"), "utf8")).toBe("0");
    expect(() => fs.renameSync(join(overlay.target, "dir"), join(overlay.target, "moved"))).toThrow("EXDEV");
  });

  test("mounts volatile, twice", async () => {
    const overlay = overlayOf(2);
    for (let round = 0; round < 2; round++) {
      await blocking.mountOverlay({ ...overlay, volatile: true });
      expect(fs.readFileSync("/proc/self/mountinfo", "utf8")).toContain("volatile");
      await blocking.unmount(overlay.target, 0);
    }
  });

  test("refuses more layers than Linux takes, and a missing one", async () => {
    const overlay = overlayOf(1);
    const many = Array.from({ length: 501 }, () => overlay.lower[0] ?? "");
    await expect(blocking.mountOverlay({ ...overlay, lower: many, volatile: false }).then(() => "", kindOf)).resolves.toBe("invalid");
    const missing = blocking.mountOverlay({ ...overlay, lower: [join(root, "none"), ...overlay.lower], volatile: false });
    expect((await refusal(missing)).code).toBe("ENOENT");
  });
});

describe("unmount", () => {
  test("has nothing to do for a missing target or one that is not mounted", async () => {
    await blocking.unmount(join(root, "missing"), 0);
    await blocking.unmount(root, MNT_DETACH);
  });

  test("does not follow a link", async () => {
    const target = folder("target");
    await blocking.mount("tmpfs", target, "tmpfs", 0, "size=1m");
    fs.symlinkSync(target, join(root, "link"));
    await blocking.unmount(join(root, "link"), 0);
    expect(mountsBelow(root)).toEqual([target]);
  });
});

describe("removeTree", () => {
  test("removes files, links, devices, pipes and sockets, and nothing they point to", async () => {
    const outside = folder("outside");
    fs.writeFileSync(join(outside, "kept"), "");
    const tree = folder("tree", "deep", "er");
    fs.symlinkSync(outside, join(tree, "link"));
    fs.symlinkSync("/nowhere", join(tree, "dangling"));
    fs.writeFileSync(Buffer.concat([Buffer.from(`${tree}/`), Buffer.from([0xff, 0xfe, 0x0a])]), "");
    fs.mkdirSync(Buffer.concat([Buffer.from(`${tree}/`), Buffer.from([0x80])]));
    execFileSync("mknod", [join(tree, "device"), "c", "1", "3"]);
    execFileSync("mkfifo", [join(tree, "pipe")]);
    fs.linkSync(join(outside, "kept"), join(tree, "hard"));
    await blocking.removeTree(join(root, "tree"));
    expect(fs.existsSync(join(root, "tree"))).toBe(false);
    expect(fs.readdirSync(outside)).toEqual(["kept"]);
  });

  test("removes a single file and a link itself, and has nothing to do for a missing path", async () => {
    fs.writeFileSync(join(root, "file"), "");
    fs.symlinkSync(root, join(root, "link"));
    for (const name of ["file", "link", "missing", "file/below"]) await blocking.removeTree(join(root, name));
    expect(fs.readdirSync(root)).toEqual([]);
  });

  test("removes 5,000 folders inside each other, and 3,000 beside each other", async () => {
    const kernel = openKernel();
    // In memory: making them takes a busy disk longer than a test may.
    await blocking.mount("tmpfs", folder("memory"), "tmpfs", 0, "");
    const tree = folder("memory", "tree");
    const flags = O_PATH | O_DIRECTORY;
    let current = kernel.openat2(AT_FDCWD, tree, { flags, resolve: 0 });
    for (let depth = 0; depth < 5000; depth++) {
      kernel.mkdirat(current, "down", 0o755);
      if (depth % 100 === 0) kernel.close(kernel.openat2(current, "file", { flags: O_WRONLY | O_CREAT | O_EXCL, mode: 0o600, resolve: 0 }));
      const next = kernel.openat2(current, "down", { flags, resolve: 0 });
      kernel.close(current);
      current = next;
    }
    kernel.close(current);
    for (let index = 0; index < 3000; index++) folder("memory", "tree", "wide", `d${index}`);
    expect(await blocking.diskUsage(tree)).toBe(0);
    await blocking.removeTree(tree);
    expect(fs.readdirSync(join(root, "memory"))).toEqual([]);
  });

  test("stops at a mount and leaves what is in it", async () => {
    const inner = folder("tree", "inner");
    await blocking.mount("tmpfs", inner, "tmpfs", 0, "size=1m");
    fs.writeFileSync(join(inner, "kept"), "");
    const error = await refusal(blocking.removeTree(join(root, "tree")));
    expect(error.kind).toBe("conflict");
    expect(error.message).toContain("mounted");
    expect(error.message).toContain("inner");
    expect(fs.readdirSync(inner)).toEqual(["kept"]);
    const itself = await refusal(blocking.removeTree(inner));
    expect(itself.kind).toBe("conflict");
    expect(fs.readdirSync(inner)).toEqual(["kept"]);
  });

  test("reports an immutable file by name", async () => {
    fs.writeFileSync(join(folder("tree"), "stays"), "");
    execFileSync("chattr", ["+i", join(root, "tree", "stays")]);
    const error = await refusal(blocking.removeTree(join(root, "tree")));
    expect(error.kind).toBe("forbidden");
    expect(error.path).toContain("stays");
  });
});

test("fileBytes counts files as they appear, hard links once, folders not", async () => {
  const root = fs.mkdtempSync(join(os.tmpdir(), "berth-bytes-"));
  try {
    fs.mkdirSync(join(root, "a/b"), { recursive: true });
    expect(await blocking.fileBytes(root)).toBe(0);
    fs.writeFileSync(join(root, "a/b/f"), "12345");
    fs.linkSync(join(root, "a/b/f"), join(root, "g"));
    fs.symlinkSync("123", join(root, "s"));
    expect(await blocking.fileBytes(root)).toBe(8);
    expect(await blocking.fileBytes(join(root, "missing"))).toBe(0);
  } finally {
    fs.rmSync(root, { recursive: true });
  }
});

describe("diskUsage", () => {
  test("counts blocks as du does, hard links once", async () => {
    fs.writeFileSync(join(folder("a", "b"), "file"), new Uint8Array(100_000));
    fs.linkSync(join(root, "a", "b", "file"), join(root, "a", "again"));
    fs.symlinkSync("/", join(root, "a", "link"));
    const du = Number(execFileSync("du", ["-s", "--block-size=1", root], { encoding: "utf8" }).split("\t")[0]);
    expect(await blocking.diskUsage(root)).toBe(du);
    expect(await blocking.diskUsage(join(root, "missing"))).toBe(0);
  });

  test("leaves mounts out", async () => {
    const inner = folder("inner");
    const before = await blocking.diskUsage(root);
    await blocking.mount("tmpfs", inner, "tmpfs", 0, "size=10m");
    fs.writeFileSync(join(inner, "big"), new Uint8Array(1_000_000));
    expect(await blocking.diskUsage(root)).toBeLessThanOrEqual(before);
  });
});

describe("the head of a file", () => {
  test("gives its space back, keeps size and positions, and only of the very file", async () => {
    const path = join(root, "long");
    fs.writeFileSync(path, "x".repeat(1_000_000));
    const { ino, blocks } = fs.statSync(path, { bigint: true });
    await blocking.freeHead(path, { inode: ino + 1n, bytes: 900_000 });
    await blocking.freeHead(path, { inode: ino, bytes: 0 });
    expect(fs.statSync(path, { bigint: true }).blocks).toBe(blocks);
    await blocking.freeHead(path, { inode: ino, bytes: 900_000 });
    const after = fs.statSync(path);
    expect(after.size).toBe(1_000_000);
    expect(after.blocks * 512).toBeLessThan(120_000);
    expect(fs.readFileSync(path, "latin1")).toBe("\0".repeat(900_000) + "x".repeat(100_000));
    expect((await refusal(blocking.freeHead(join(root, "missing"), { inode: 1n, bytes: 1 }))).path).toBe(join(root, "missing"));
  });
});

describe("sync", () => {
  test("syncs files, folders and file systems, and names a missing path", async () => {
    fs.writeFileSync(join(root, "file"), "x");
    await blocking.fsync(join(root, "file"));
    await blocking.fsync(root);
    await blocking.syncfs(root);
    expect((await refusal(blocking.fsync(join(root, "missing")))).path).toBe(join(root, "missing"));
  });
});

describe("network namespaces", () => {
  test("are kept with lo up, apart from ours, and go without a trace", async () => {
    const path = join(root, "net");
    const own = fs.readlinkSync("/proc/self/ns/net");
    await blocking.createNetworkNamespace(path);
    expect(fs.readlinkSync("/proc/self/ns/net")).toBe(own);
    const inside = execFileSync("nsenter", [`--net=${path}`, "sh", "-c", "readlink /proc/self/ns/net; ip -o addr show lo"], {
      encoding: "utf8",
    });
    expect(inside).not.toContain(own);
    expect(inside).toContain("127.0.0.1/8");
    expect(inside).toContain("::1/128");
    expect((await refusal(blocking.createNetworkNamespace(path))).code).toBe("EEXIST");
    await blocking.removeNetworkNamespace(path);
    expect(fs.existsSync(path)).toBe(false);
    expect(mountsBelow(root)).toEqual([]);
    await blocking.removeNetworkNamespace(path);
  });

  test("leave nothing when they cannot be made", async () => {
    expect((await refusal(blocking.createNetworkNamespace(join(root, "none", "net")))).code).toBe("ENOENT");
    expect(fs.readdirSync(root)).toEqual([]);
  });
});
