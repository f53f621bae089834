import { expect, test } from "bun:test";
import { readdirSync, readFileSync, readlinkSync, statSync } from "node:fs";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { sha256 } from "@berth/base";
import { makeConfig, makeDockerArchive, makeTar } from "../testing/archives.ts";
import { load, openTestStore } from "../testing/open-test-store.ts";

const base = makeTar([
  { name: "bin/", type: "directory" },
  { name: "bin/tool", type: "file", mode: 0o4755, uid: 7, gid: 8, mtimeNs: 1_700_000_000_250_000_000n, content: "hello" },
  { name: "bin/same", type: "link", linkName: "bin/tool" },
  { name: "bin/short", type: "symlink", linkName: "tool" },
  { name: "tmp/", type: "directory", mode: 0o1777 },
  { name: "run/fifo", type: "fifo", mode: 0o640 },
]);
const upper = makeTar([
  { name: "tmp/.wh.old", type: "file" },
  { name: "etc/", type: "directory" },
  { name: "etc/.wh..wh..opq", type: "file" },
]);

test("loads a docker archive", async () => {
  await using t = await openTestStore();
  const archive = makeDockerArchive([{ layers: [base, upper], tags: ["busybox:latest", "localhost:5000/x:1"] }]);
  expect(await load(t.store, archive)).toBe("Loaded image: busybox:latest\nLoaded image: localhost:5000/x:1\n");
  const id = sha256(makeConfig({ layers: [base, upper] }));
  expect(t.store.resolve("busybox").id).toBe(id);
  const [top = "", bottom = ""] = t.store.layerDirectories(id);
  const tool = statSync(join(bottom, "bin/tool"), { bigint: true });
  expect([tool.mode & 0o7777n, tool.uid, tool.gid, tool.nlink, tool.mtimeNs]).toEqual([0o4755n, 7n, 8n, 2n, 1_700_000_000_250_000_000n]);
  expect(readlinkSync(join(bottom, "bin/short"))).toBe("tool");
  expect(statSync(join(bottom, "tmp")).mode & 0o7777).toBe(0o1777);
  const whiteout = statSync(join(top, "tmp/old"));
  expect([whiteout.isCharacterDevice(), whiteout.rdev]).toEqual([true, 0]);
  // tmp/ was not in the upper tar: it takes the lower one's mode.
  expect(statSync(join(top, "tmp")).mode & 0o7777).toBe(0o1777);
  expect(readFileSync(join(t.root, "images/blobs/sha256", sha256(base).slice(7))).equals(base)).toBe(true);
  expect(readdirSync(join(t.root, "images/staging"))).toEqual([]);
  expect(t.events).toEqual(["load"]);
});

test("loads the same again, packed, without unpacking", async () => {
  await using t = await openTestStore();
  const archive = makeDockerArchive([{ layers: [base], tags: ["a:1"] }]);
  await load(t.store, archive);
  expect(await load(t.store, gzipSync(archive))).toBe("Loaded image: a:1\n");
  expect(readdirSync(join(t.root, "images/layers"))).toEqual(["1"]);
});
