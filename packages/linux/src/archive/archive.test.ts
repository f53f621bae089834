import { afterAll, expect, test } from "bun:test";
import { execFileSync } from "node:child_process";
import {
  chmodSync,
  chownSync,
  existsSync,
  linkSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readlinkSync,
  rmSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { type TarEntry, formatTarEntry, TarReader, tarEnd, type TarEntryInit, tarPadding } from "@berth/spec";
import { AT_FDCWD, O_CREAT, O_DIRECTORY, O_PATH, O_WRONLY, S_IFCHR, S_IFIFO } from "../kernel/constants.ts";
import { openKernel } from "../kernel/open-kernel.ts";
import type { Fd, Kernel } from "../ports.ts";
import { layerChanges } from "./changes.ts";
import { packChanges } from "./pack-changes.ts";
import { packTree } from "./pack-tree.ts";
import { linkTarget, locate, namedPath } from "./path-stat.ts";
import { TreeWriter, type TreeWriterOptions } from "./tree-writer.ts";

const kernel = openKernel();
const top = mkdtempSync(path.join(tmpdir(), "berth-archive-"));
let count = 0;
afterAll(() => rmSync(top, { recursive: true, force: true }));

function folder(): string {
  const made = path.join(top, String(++count));
  mkdirSync(made);
  return made;
}

function open(where: string): Fd {
  return kernel.openat2(AT_FDCWD, where, { flags: O_PATH | O_DIRECTORY, resolve: 0 });
}

interface Member extends TarEntry {
  readonly text: string;
}

function members(pieces: Iterable<Uint8Array>): Member[] {
  const found: Member[] = [];
  const reader = new TarReader({
    entry: (entry) => void found.push({ ...entry, text: "" }),
    data: (bytes) => {
      const last = found.at(-1);
      if (last !== undefined) found[found.length - 1] = { ...last, text: last.text + Buffer.from(bytes).toString() };
    },
    end: () => undefined,
  });
  for (const piece of pieces) reader.push(piece);
  reader.finish();
  return found;
}

function pack(
  where: string,
  options: { readonly name?: string; readonly as?: string; readonly idShift?: number; readonly kernel?: Kernel } = {},
): Member[] {
  const parent = open(where);
  try {
    const { name = ".", as = "x", idShift = 0 } = options;
    return members(packTree({ kernel: options.kernel ?? kernel, parent, name, as, idShift, oneMount: false }));
  } finally {
    kernel.close(parent);
  }
}

function archive(...entries: (TarEntryInit & { readonly text?: string })[]): Buffer {
  const parts = entries.map(({ text = "", ...entry }) =>
    Buffer.concat([formatTarEntry({ ...entry, sizeBytes: text.length }), Buffer.from(text), tarPadding(text.length)]),
  );
  return Buffer.concat([...parts, tarEnd()]);
}

function unpack(root: string, bytes: Uint8Array, options: Partial<TreeWriterOptions> = {}): void {
  const fd = open(root);
  try {
    const writer = new TreeWriter({
      kernel,
      root: fd,
      path: "/",
      owner: { kind: "archive", idShift: 0 },
      impliedOwner: { uid: 0, gid: 0 },
      keepKinds: false,
      reserveBytes: 0,
      ...options,
    });
    try {
      const reader = new TarReader(writer);
      reader.push(bytes);
      reader.finish();
      writer.finish();
    } finally {
      writer.close();
    }
  } finally {
    kernel.close(fd);
  }
}

test("packs every kind of file, hard links once, in order, whole seconds", () => {
  const from = folder();
  mkdirSync(path.join(from, "d"));
  writeFileSync(path.join(from, "d", "f"), "hello");
  chownSync(path.join(from, "d", "f"), 1000, 1001);
  chmodSync(path.join(from, "d", "f"), 0o4711);
  linkSync(path.join(from, "d", "f"), path.join(from, "e"));
  symlinkSync("/nowhere", path.join(from, "l"));
  kernel.mknodat(AT_FDCWD, path.join(from, "p"), S_IFIFO | 0o600, 0, 0);
  kernel.mknodat(AT_FDCWD, path.join(from, "c"), S_IFCHR | 0o600, 1, 3);
  kernel.lsetxattr(path.join(from, "e"), "user.note", Buffer.from("kept"));
  utimesSync(path.join(from, "d", "f"), 1.5, 1.5);
  const found = pack(from);
  expect(found.map(({ name, type }) => `${type} ${name}`)).toEqual([
    "directory x/",
    "char x/c",
    "directory x/d/",
    "file x/d/f",
    "link x/e",
    "symlink x/l",
    "fifo x/p",
  ]);
  const [, char, , file, link, symlink] = found;
  expect(char).toMatchObject({ deviceMajor: 1, deviceMinor: 3 });
  expect(file).toMatchObject({ mode: 0o4711, uid: 1000, gid: 1001, text: "hello", mtimeNs: 1_000_000_000n });
  expect(Buffer.from(file?.xattrs?.get("user.note") ?? []).toString()).toBe("kept");
  expect(link).toMatchObject({ linkName: "x/d/f" });
  expect(symlink).toMatchObject({ linkName: "/nowhere" });
});

test("ids on disk are shifted back; one that is not the container's is nobody's", () => {
  const from = folder();
  writeFileSync(path.join(from, "mine"), "");
  writeFileSync(path.join(from, "other"), "");
  chownSync(path.join(from, "mine"), 100_005, 100_006);
  const found = pack(from, { idShift: 100_000 });
  expect(found.map(({ uid, gid }) => [uid, gid])).toEqual([
    [65_534, 65_534],
    [5, 6],
    [65_534, 65_534],
  ]);
});

test("a file that shrinks is filled up, one that grows is cut, one that is replaced is packed as it was found", () => {
  const from = folder();
  for (const name of ["grows", "pipe", "shrinks"]) writeFileSync(path.join(from, name), "0123456789");
  const found = new Map<number, string>();
  const changing: Kernel = {
    ...kernel,
    openat2: (fd, name, how) => {
      const opened = kernel.openat2(fd, name, how);
      if (name === "pipe") {
        rmSync(path.join(from, name));
        kernel.mknodat(AT_FDCWD, path.join(from, name), S_IFIFO | 0o600, 0, 0);
      }
      found.set(opened, name);
      return opened;
    },
    statx: (fd, name, flags) => {
      const stat = kernel.statx(fd, name, flags);
      const looked = found.get(fd) ?? "";
      if (looked === "grows") writeFileSync(path.join(from, looked), "0123456789-more");
      if (looked === "shrinks") writeFileSync(path.join(from, looked), "012");
      return stat;
    },
  };
  expect(pack(from, { kernel: changing }).map(({ name, text }) => [name, text])).toEqual([
    ["x/", ""],
    ["x/grows", "0123456789"],
    ["x/pipe", "0123456789"],
    ["x/shrinks", "012\0\0\0\0\0\0\0"],
  ]);
});

test("a folder that becomes a link while it is packed is not followed", () => {
  const [from, outside] = [folder(), folder()];
  writeFileSync(path.join(outside, "secret"), "secret");
  mkdirSync(path.join(from, "d"));
  writeFileSync(path.join(from, "d", "f"), "");
  const swapping: Kernel = {
    ...kernel,
    openat2: (fd, name, how) => {
      const opened = kernel.openat2(fd, name, how);
      if (name === "d") {
        rmSync(path.join(from, "d"), { recursive: true });
        symlinkSync(outside, path.join(from, "d"));
      }
      return opened;
    },
  };
  expect(pack(from, { kernel: swapping }).map(({ name }) => name)).toEqual(["x/", "x/d/"]);
});

test("a folder that becomes a link while it is unpacked into leads nowhere outside of the root", () => {
  const [root, outside] = [folder(), folder()];
  mkdirSync(path.join(root, "d"));
  mkdirSync(path.join(root, "inside"));
  let swapped = false;
  const swapping: Kernel = {
    ...kernel,
    openat2: (fd, name, how) => {
      if (name === "d" && !swapped) {
        swapped = true;
        rmSync(path.join(root, "d"), { recursive: true });
        symlinkSync(outside, path.join(root, "d"));
      }
      return kernel.openat2(fd, name, how);
    },
  };
  let refused = "";
  try {
    unpack(root, archive({ name: "d/f", type: "file", text: "evil" }), { kernel: swapping });
  } catch (error) {
    refused = String(error);
  }
  expect(swapped).toBe(true);
  expect(refused).toContain("openat2");
  expect(existsSync(path.join(outside, "f"))).toBe(false);
});

test("unpacks what it packed", () => {
  const [from, to] = [folder(), folder()];
  mkdirSync(path.join(from, "d"), { mode: 0o1777 });
  chmodSync(path.join(from, "d"), 0o1777);
  writeFileSync(path.join(from, "d", "f"), "x".repeat(600_000));
  chownSync(path.join(from, "d", "f"), 7, 8);
  chmodSync(path.join(from, "d", "f"), 0o4755);
  linkSync(path.join(from, "d", "f"), path.join(from, "d", "g"));
  symlinkSync("f", path.join(from, "d", "l"));
  utimesSync(path.join(from, "d"), 100, 100);
  const parent = open(from);
  const bytes = Buffer.concat(
    Array.from(packTree({ kernel, parent, name: "d", as: "n", idShift: 0, oneMount: false }), (piece) => Buffer.from(piece)),
  );
  kernel.close(parent);
  unpack(to, bytes, { owner: { kind: "archive", idShift: 1000 } });
  const file = statSync(path.join(to, "n", "f"));
  expect([file.mode & 0o7777, file.uid, file.gid, file.nlink, file.size]).toEqual([0o4755, 1007, 1008, 2, 600_000]);
  expect(readlinkSync(path.join(to, "n", "l"))).toBe("f");
  const made = statSync(path.join(to, "n"));
  expect([made.mode & 0o7777, made.mtimeMs]).toEqual([0o1777, 100_000]);
});

test.each<[string, TarEntryInit & { text?: string }, string]>([
  ["a path upwards", { name: "../../evil", type: "file", text: "x" }, '"../../evil" is outside of "/in"'],
  ["a path upwards in the middle", { name: "a/../../evil", type: "file", text: "x" }, '"a/../../evil" is outside of "/in"'],
  ["a link upwards", { name: "a", type: "symlink", linkName: "../../etc" }, 'invalid symlink "/in/a" -> "../../etc"'],
  ["a hard link upwards", { name: "a", type: "link", linkName: "../../etc/passwd" }, 'invalid hardlink "/in/a" -> "../../etc/passwd"'],
  ["a hard link to nothing", { name: "a", type: "link", linkName: "nope" }, "link /in/nope /in/a: no such file or directory"],
  ["a folder over a file", { name: "there", type: "directory" }, 'cannot overwrite non-directory "/in/there" with directory "/in"'],
  ["a file over a folder", { name: "folder", type: "file" }, 'cannot overwrite directory "/in/folder" with non-directory "/in"'],
])("refuses %s", (_, entry, message) => {
  const root = folder();
  mkdirSync(path.join(root, "in", "folder"), { recursive: true });
  writeFileSync(path.join(root, "in", "there"), "old");
  expect(() => unpack(root, archive(entry), { path: "/in", keepKinds: true })).toThrow(message);
  expect(readFileSync(path.join(root, "in", "there"), "utf8")).toBe("old");
  expect(existsSync(path.join(root, "evil"))).toBe(false);
});

test("links of the archive and of the folder are resolved inside the root", () => {
  const root = folder();
  mkdirSync(path.join(root, "in"));
  mkdirSync(path.join(root, "etc"));
  const host = path.join(top, "outside-of-the-root");
  symlinkSync("/etc", path.join(root, "in", "old"));
  unpack(
    root,
    archive(
      { name: "old/a", type: "file", text: "a" },
      { name: "new", type: "symlink", linkName: "/etc" },
      { name: "new/b", type: "file", text: "b" },
      { name: "abs", type: "symlink", linkName: host },
    ),
    { path: "/in" },
  );
  expect(readFileSync(path.join(root, "etc", "a"), "utf8")).toBe("a");
  expect(readFileSync(path.join(root, "etc", "b"), "utf8")).toBe("b");
  expect(existsSync("/etc/a") || existsSync(host)).toBe(false);
});

test("replaces files and links, empties nothing, makes what no entry tells of", () => {
  const root = folder();
  symlinkSync("/etc/passwd", path.join(root, "link"));
  mkdirSync(path.join(root, "kept"));
  writeFileSync(path.join(root, "kept", "old"), "old");
  mkdirSync(path.join(root, "gone", "deep"), { recursive: true });
  unpack(
    root,
    archive(
      { name: "link", type: "file", text: "now a file" },
      { name: "kept", type: "directory", mode: 0o700 },
      { name: "gone", type: "file", text: "now a file" },
      { name: "made/up/f", type: "file", text: "f" },
    ),
    { impliedOwner: { uid: 5, gid: 6 } },
  );
  expect(lstatSync(path.join(root, "link")).isFile() && lstatSync(path.join(root, "gone")).isFile()).toBe(true);
  expect(existsSync(path.join(root, "kept", "old"))).toBe(true);
  const made = statSync(path.join(root, "made", "up"));
  expect([made.uid, made.gid, made.mode & 0o777]).toEqual([5, 6, 0o755]);
});

test.each([
  ["gnu", []],
  ["posix", ["--sparse-version=0.0"]],
  ["posix", ["--sparse-version=0.1"]],
  ["posix", ["--sparse-version=1.0"]],
])("a sparse file of tar -S, format %s %p, has its holes again", (format, more) => {
  const [from, to] = [folder(), folder()];
  // One word at the beginning of every 32nd page.
  const stepBytes = 32 * 4096;
  const written: Record<string, Buffer> = { "many pieces": Buffer.alloc(30 * stepBytes), "hole at the end": Buffer.alloc(10 * stepBytes) };
  for (const [name, bytes] of Object.entries(written)) {
    const fd = kernel.openat2(AT_FDCWD, path.join(from, name), { flags: O_WRONLY | O_CREAT, mode: 0o640, resolve: 0 });
    const pieces = name === "many pieces" ? 30 : 1;
    for (let piece = 0; piece < pieces; piece++) {
      bytes.write(`piece ${piece}`, piece * stepBytes);
      kernel.write(fd, bytes.subarray(piece * stepBytes, piece * stepBytes + 4096));
      kernel.skip(fd, stepBytes - 4096);
    }
    kernel.truncate(fd, bytes.length);
    kernel.close(fd);
  }
  writeFileSync(path.join(from, "plain"), "plain");
  const packed = execFileSync("tar", ["-cS", `--format=${format}`, ...more, "-C", from, "."], { maxBuffer: 1 << 24 });
  expect(packed.length).toBeLessThan(300_000);
  unpack(to, packed);
  for (const [name, bytes] of Object.entries(written)) {
    expect(readFileSync(path.join(to, name)).equals(bytes)).toBe(true);
    expect(statSync(path.join(to, name)).blocks * 512).toBeLessThan(300_000);
  }
  expect(readFileSync(path.join(to, "plain"), "utf8")).toBe("plain");
});

test("nothing is unpacked into the kernel's own file systems", () => {
  expect(() => unpack("/proc", archive({ name: "f", type: "file" }))).toThrow("part of the kernel's own file systems");
  const root = open("/");
  expect(() => locate(kernel, root, namedPath("/proc/cpuinfo"))).toThrow("no such file or directory");
  kernel.close(root);
});

test("paths are taken apart as cp does, links are told inside the root", () => {
  expect(["/a/b", "a/b/", "/a/b/.", "/", ".", "../../x"].map((given) => namedPath(given))).toEqual([
    { path: "/a/b", base: "b", folder: false },
    { path: "/a/b/", base: "b", folder: true },
    { path: "/a/b/.", base: ".", folder: true },
    { path: "/", base: "/", folder: true },
    { path: "/.", base: ".", folder: true },
    { path: "/x", base: "x", folder: false },
  ]);
  const where = folder();
  mkdirSync(path.join(where, "d"));
  symlinkSync("/d", path.join(where, "abs"));
  symlinkSync("../../../abs/nope", path.join(where, "d", "up"));
  symlinkSync("loop", path.join(where, "loop"));
  const root = open(where);
  expect(linkTarget(kernel, root, "/d/up")).toBe("/d/nope");
  expect(linkTarget(kernel, root, "/loop")).toBe("/loop");
  kernel.close(root);
});

test("what a writable layer changed, by Docker's rules", () => {
  const [upper, above, below] = [folder(), folder(), folder()];
  for (const layer of [above, below]) mkdirSync(path.join(layer, "d"));
  writeFileSync(path.join(below, "d", "old"), "1");
  writeFileSync(path.join(below, "d", "hidden"), "1");
  writeFileSync(path.join(below, "same"), "1");
  utimesSync(path.join(below, "same"), 7, 7);
  kernel.mknodat(AT_FDCWD, path.join(above, "d", "hidden"), S_IFCHR, 0, 0);
  mkdirSync(path.join(below, "o"));
  for (const name of ["a", "b"]) writeFileSync(path.join(below, "o", name), "1");
  // Below: a changed file, a whiteout of something, one of nothing, a touched folder, an opaque one, one of the engine's own.
  mkdirSync(path.join(upper, "d"));
  writeFileSync(path.join(upper, "d", "old"), "22");
  writeFileSync(path.join(upper, "d", "hidden"), "2");
  kernel.mknodat(AT_FDCWD, path.join(upper, "same"), S_IFCHR, 0, 0);
  kernel.mknodat(AT_FDCWD, path.join(upper, "nothing"), S_IFCHR, 0, 0);
  mkdirSync(path.join(upper, "o"));
  kernel.lsetxattr(path.join(upper, "o"), "trusted.overlay.opaque", Buffer.from("y"));
  writeFileSync(path.join(upper, "o", "a"), "other");
  writeFileSync(path.join(upper, ".made"), "");
  mkdirSync(path.join(upper, "new"));
  writeFileSync(path.join(upper, "new", "f"), "n");
  const stack = { kernel, upper, lower: [above, below], idShift: 0, made: new Set(["/.made"]) };
  expect([...layerChanges(stack)].map(({ kind, path: where }) => `${kind} ${where}`)).toEqual([
    "0 /d",
    "1 /d/hidden",
    "0 /d/old",
    "1 /new",
    "1 /new/f",
    "0 /o",
    "0 /o/a",
    "2 /o/b",
    "2 /same",
  ]);
  expect(members(packChanges(stack)).map(({ name, type }) => `${type} ${name}`)).toEqual([
    "directory d/",
    "file d/hidden",
    "file d/old",
    "directory new/",
    "file new/f",
    "directory o/",
    "file o/a",
    "file o/.wh.b",
    "file .wh.same",
  ]);
});
