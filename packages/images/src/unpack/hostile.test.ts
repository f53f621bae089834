import { expect, test } from "bun:test";
import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, truncateSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { Readable } from "node:stream";
import { sha256 } from "@berth/base";
import { openKernel } from "@berth/linux";
import { formatTarEntry, tarEnd } from "@berth/spec";
import { defaultStoreLimits, type StoreLimits } from "../limits.ts";
import { makeConfig, makeDockerArchive, makeTar, type TestEntry } from "../testing/archives.ts";
import { drain, load, openTestStore, refusalOf, type TestStore } from "../testing/open-test-store.ts";

/** Nothing of a refused archive may be left. */
function expectNothing({ root }: TestStore): void {
  for (const folder of ["layers", "blobs/sha256", "staging"]) expect(readdirSync(join(root, "images", folder))).toEqual([]);
}

async function refusal(entries: readonly TestEntry[] | Buffer, limits?: StoreLimits): Promise<string> {
  await using t = await openTestStore(limits === undefined ? {} : { limits });
  const layer = Buffer.isBuffer(entries) ? entries : makeTar(entries);
  const message = await load(t.store, makeDockerArchive([{ layers: [layer], tags: ["evil:1"] }])).then(
    () => "it was loaded",
    (error: Error) => error.message.replace(/^layer sha256:[0-9a-f]{64}: /, "layer: "),
  );
  if (message !== "it was loaded") {
    expectNothing(t);
    expect(t.events).toEqual([]);
    expect(await t.store.list({ all: true, filters: {}, sharedSize: false }, () => [])).toEqual([]);
  }
  return message;
}

const small: StoreLimits = { ...defaultStoreLimits, layer: { ...defaultStoreLimits.layer, entries: 10, bytes: 5000 } };

test.each<[string, readonly TestEntry[] | Buffer, string]>([
  ["a path upwards", [{ name: "../../etc/evil", type: "file" }], 'layer: "../../etc/evil" is outside of the layer'],
  ["a path upwards in the middle", [{ name: "a/../../evil", type: "file" }], 'layer: "a/../../evil" is outside of the layer'],
  ["a link upwards", [{ name: "a/b", type: "symlink", linkName: "../../etc" }], 'layer: invalid symlink "a/b" -> "../../etc"'],
  [
    "a hard link upwards",
    [{ name: "a", type: "link", linkName: "../../../etc/shadow" }],
    'layer: "../../../etc/shadow" is outside of the layer (at "a")',
  ],
  [
    "a hard link to the host",
    [{ name: "a", type: "link", linkName: "/etc/shadow" }],
    'layer: hard link "a" -> "/etc/shadow": the target is not in the same layer',
  ],
  [
    "a hard link through a symbolic one",
    [
      { name: "d", type: "symlink", linkName: "/etc" },
      { name: "a", type: "link", linkName: "d/shadow" },
    ],
    'layer: hard link "a" -> "d/shadow": the target is not in the same layer',
  ],
  [
    "a hard link to a directory",
    [
      { name: "d", type: "directory" },
      { name: "a", type: "link", linkName: "d" },
    ],
    'layer: hard link "a" -> "d": the target is no file',
  ],
  [
    "a block device",
    [{ name: "dev/sda", type: "block", deviceMajor: 8, deviceMinor: 0 }],
    'layer: "dev/sda" is a device node (block 8:0); images may not bring devices',
  ],
  [
    "a character device",
    [{ name: "dev/mem", type: "char", deviceMajor: 1, deviceMinor: 1 }],
    'layer: "dev/mem" is a device node (char 1:1); images may not bring devices',
  ],
  ["a NUL in a name", [{ name: `${"x".repeat(120)}\0y`, type: "file" }], `layer: ${JSON.stringify(`${"x".repeat(120)}\0y`)} holds a NUL`],
  ["a long name", [{ name: "x".repeat(256), type: "file" }], `layer: ${JSON.stringify(`${"x".repeat(200)}…`)}: file name too long`],
  ["a long path", [{ name: "a/".repeat(2100), type: "directory" }], `layer: ${JSON.stringify(`${"a/".repeat(100)}…`)}: file name too long`],
  [
    "overlay's own attributes",
    [{ name: "a", type: "directory", xattrs: new Map([["trusted.overlay.redirect", Buffer.from("/etc")]]) }],
    'layer: "a/" brings the attribute "trusted.overlay.redirect", which belongs to overlayfs',
  ],
  ["a whiteout of the parent", [{ name: "a/.wh...", type: "file" }], 'layer: "a/.wh..." is no valid whiteout'],
  [
    "a file as a directory",
    [
      { name: "a", type: "file" },
      { name: "a/b", type: "file" },
    ],
    'layer: "a" is no directory, but entries lie below it (at "a/b")',
  ],
  ["a replaced root", [{ name: ".", type: "symlink", linkName: "x" }], 'layer: "." replaces the root directory'],
  ["no tar", Buffer.from("x".repeat(2000)), "layer: archive/tar: invalid tar header"],
  ["a cut tar", makeTar([{ name: "a", type: "file", content: "x".repeat(3000) }]).subarray(0, 2000), 'layer: unexpected EOF (at "a")'],
  ["damaged gzip", Buffer.from([0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 0, 1, 2, 3]), "layer: the gzip stream is damaged"],
  ["an unknown packing", Buffer.from("BZh91AY&SY"), "layer: layers packed by bzip2 are not supported"],
])("refuses %s", async (_, entries, message) => {
  expect(await refusal(entries)).toStartWith(message);
});

test("refuses bombs: entries, bytes, and a size that is only claimed", async () => {
  const many = Array.from({ length: 12 }, (_, at) => ({ name: `f${at}`, type: "file" as const }));
  expect(await refusal(many, small)).toStartWith("layer: archive/tar: more than 10 entries");
  expect(await refusal([{ name: "a", type: "file", content: "x".repeat(6000) }], small)).toBe(
    'layer: the layer unpacks to more than 5000 bytes (at "a")',
  );
  const claim = Buffer.concat([formatTarEntry({ name: "a", type: "file", sizeBytes: 2 ** 50 }), tarEnd()]);
  expect(await refusal(claim)).toBe('layer: unexpected EOF (at "a")');
});

test("sparse files keep their holes, and count as long as they are", async () => {
  await using t = await openTestStore();
  const from = join(t.root, "sparse");
  mkdirSync(from);
  writeFileSync(join(from, "disk"), "begins");
  truncateSync(join(from, "disk"), 50 << 20);
  const layer = execFileSync("tar", ["-cS", "-C", from, "disk"]);
  expect(layer.length).toBeLessThan(100_000);
  await load(t.store, makeDockerArchive([{ layers: [layer], tags: ["sparse:1"] }]));
  const [directory = ""] = t.store.layerDirectories(t.store.resolve("sparse:1").id);
  const { size, blocks } = statSync(join(directory, "disk"));
  expect([size, blocks * 512 < 1 << 20]).toEqual([50 << 20, true]);
  expect(readFileSync(join(directory, "disk")).subarray(0, 8).toString("latin1")).toBe("begins\0\0");
  expect(await refusal(layer, small)).toBe('layer: the layer unpacks to more than 5000 bytes (at "disk")');
});

test("links inside a layer stay inside it", async () => {
  await using t = await openTestStore();
  const marker = join(t.root, "marker");
  writeFileSync(marker, "before");
  const layer = makeTar([
    { name: "out", type: "symlink", linkName: "/" },
    { name: `out${marker}`, type: "file", content: "inside" },
    { name: "etc", type: "symlink", linkName: "/usr/etc" },
    { name: "usr/etc/", type: "directory" },
    { name: "etc/x", type: "file", content: "moved" },
    { name: "/abs", type: "file", content: "abs" },
    { name: "proc", type: "symlink", linkName: "/proc/self/root" },
  ]);
  await load(t.store, makeDockerArchive([{ layers: [layer], tags: ["ok:1"] }]));
  const [directory = ""] = t.store.layerDirectories(t.store.resolve("ok:1").id);
  expect(readFileSync(marker, "utf8")).toBe("before");
  expect(readFileSync(join(directory, marker), "utf8")).toBe("inside");
  expect(readFileSync(join(directory, "usr/etc/x"), "utf8")).toBe("moved");
  expect(readFileSync(join(directory, "abs"), "utf8")).toBe("abs");
});

test("later entries replace earlier ones", async () => {
  await using t = await openTestStore();
  const layer = makeTar([
    { name: "a/b/c", type: "file", content: "1" },
    { name: "a", type: "symlink", linkName: "d" },
    { name: "d/", type: "directory" },
    { name: "f", type: "symlink", linkName: "/etc/passwd" },
    { name: "f", type: "file", content: "own" },
    { name: ".wh.g", type: "file" },
    { name: "g/", type: "directory", mode: 0o700 },
    { name: "g/h", type: "file", content: "h" },
    { name: "i", type: "file", content: "i" },
    { name: ".wh.i", type: "file" },
  ]);
  await load(t.store, makeDockerArchive([{ layers: [layer], tags: ["ok:1"] }]));
  const [directory = ""] = t.store.layerDirectories(t.store.resolve("ok:1").id);
  expect(readdirSync(directory).toSorted()).toEqual(["a", "d", "f", "g", "i"]);
  expect(readFileSync(join(directory, "f"), "utf8")).toBe("own");
  expect(existsSync(join(directory, "d/b"))).toBe(false);
  expect(String.fromCharCode(...(openKernel().lgetxattr(join(directory, "g"), "trusted.overlay.opaque") ?? []))).toBe("y");
});

test("what lies below a lower layer's symbolic link moves behind it", async () => {
  await using t = await openTestStore();
  const lower = makeTar([
    { name: "usr/lib/", type: "directory", mode: 0o751 },
    { name: "lib", type: "symlink", linkName: "usr/lib" },
    { name: "srv/", type: "directory", mode: 0o2770, gid: 33 },
  ]);
  const upper = makeTar([
    { name: "lib/mod/x", type: "file", content: "x" },
    { name: "srv/y", type: "file", content: "y" },
  ]);
  await load(t.store, makeDockerArchive([{ layers: [lower, upper], tags: ["ok:1"] }]));
  const [top = ""] = t.store.layerDirectories(t.store.resolve("ok:1").id);
  expect(readdirSync(top).toSorted()).toEqual(["srv", "usr"]);
  expect(readFileSync(join(top, "usr/lib/mod/x"), "utf8")).toBe("x");
  const stats = Bun.spawnSync(["stat", "-c", "%a %g", join(top, "srv"), join(top, "usr/lib")]).stdout.toString();
  expect(stats).toBe("2770 33\n751 0\n");
});

test("keeps file capabilities and drops labels", async () => {
  await using t = await openTestStore();
  const capability = Buffer.from("0100000200200000000000000000000000000000", "hex");
  const xattrs = new Map([
    ["security.capability", capability],
    ["security.selinux", Buffer.from("label")],
    ["user.note", Buffer.from("kept")],
  ]);
  const layer = makeTar([{ name: "ping", type: "file", mode: 0o755, uid: 5, xattrs }]);
  await load(t.store, makeDockerArchive([{ layers: [layer], tags: ["ok:1"] }]));
  const [directory = ""] = t.store.layerDirectories(t.store.resolve("ok:1").id);
  const kernel = openKernel();
  expect(kernel.lgetxattr(join(directory, "ping"), "security.capability")).toEqual(new Uint8Array(capability));
  expect(kernel.llistxattr(join(directory, "ping")).toSorted()).toEqual(["security.capability", "user.note"]);
});

test("a wrong diff id is refused, and a good archive with the same layer still loads beside it", async () => {
  await using t = await openTestStore();
  const good = makeTar([{ name: "a", type: "file", content: "good" }]);
  const bad = makeTar([{ name: "a", type: "file", content: "evil" }]);
  const config = makeConfig({ layers: [good] });
  const archive = makeTar([
    { name: "c.json", type: "file", content: config },
    { name: "l.tar", type: "file", content: bad },
    { name: "manifest.json", type: "file", content: JSON.stringify([{ Config: "c.json", RepoTags: ["bad:1"], Layers: ["l.tar"] }]) },
  ]);
  const [refused, accepted] = await Promise.allSettled([
    load(t.store, archive),
    load(t.store, makeDockerArchive([{ layers: [good], tags: ["good:1"] }])),
  ]);
  expect(refused).toMatchObject({
    status: "rejected",
    reason: { kind: "invalid", message: `layer ${sha256(good)}: its tar has the digest ${sha256(bad)}` },
  });
  expect(accepted.status).toBe("fulfilled");
  expect(readdirSync(join(t.root, "images/layers")).length).toBe(1);
  expect(readdirSync(join(t.root, "images/staging"))).toEqual([]);
});

test("a cancelled load leaves nothing", async () => {
  await using t = await openTestStore();
  const archive = makeDockerArchive([{ layers: [makeTar([{ name: "a", type: "file", content: "x".repeat(100_000) }])], tags: ["a:1"] }]);
  const stop = new AbortController();
  async function* slow(): AsyncGenerator<Uint8Array> {
    yield archive.subarray(0, 50_000);
    stop.abort(new Error("client went away"));
    yield archive.subarray(50_000);
  }
  expect(await refusalOf(drain(t.store.load(Readable.from(slow()), { quiet: true, signal: stop.signal })))).toContain("client went away");
  await Bun.sleep(50);
  expectNothing(t);
});
