import { expect, test } from "bun:test";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { Readable } from "node:stream";
import { gzipSync } from "node:zlib";
import { sha256 } from "@berth/base";
import { TarReader } from "@berth/spec";
import { makeConfig, makeDockerArchive, makeTar } from "../testing/archives.ts";
import { load, openTestStore, refusalOf } from "../testing/open-test-store.ts";

const layer = makeTar([{ name: "a", type: "file", content: "a".repeat(5000) }]);
const image = { layers: [layer, makeTar([{ name: "b", type: "file" }])], tags: ["a:1", "a:2", "b:1"] };

async function bytesOf(archive: Readable): Promise<Buffer> {
  const pieces: Uint8Array[] = [];
  for await (const piece of archive) pieces.push(piece as Uint8Array);
  return Buffer.concat(pieces);
}

function fileOf(archive: Buffer, name: string): unknown {
  let text = "";
  let wanted = false;
  const reader = new TarReader({
    entry: (entry) => {
      wanted = entry.name === name;
    },
    data: (bytes) => {
      if (wanted) text += Buffer.from(bytes).toString();
    },
    end: () => undefined,
  });
  reader.push(archive);
  return JSON.parse(text);
}

test("gives back the bytes that came in, and a second store gives the same archive", async () => {
  await using t = await openTestStore();
  await using u = await openTestStore();
  await load(t.store, makeDockerArchive([image]));
  const archive = await bytesOf(await t.store.save(["a:1", "b"]));
  expect(await load(u.store, gzipSync(archive))).toBe("Loaded image: a:1\nLoaded image: b:1\n");
  for (const name of readdirSync(join(t.root, "images/blobs/sha256"))) {
    const [one, other] = [t, u].map(({ root }) => readFileSync(join(root, "images/blobs/sha256", name)));
    expect(sha256(one ?? "")).toBe(`sha256:${name}`);
    expect(other?.equals(one ?? Buffer.alloc(0))).toBe(true);
  }
  expect((await bytesOf(await u.store.save(["a:1", "b"]))).equals(archive)).toBe(true);
  expect(u.store.inspect("a:1").Descriptor).toEqual(t.store.inspect("a:1").Descriptor);
});

test("a name without tag saves all its tags, an id none", async () => {
  await using t = await openTestStore();
  await load(t.store, makeDockerArchive([image]));
  const tags = async (...names: string[]): Promise<unknown> =>
    (fileOf(await bytesOf(await t.store.save(names)), "manifest.json") as { RepoTags: unknown }[])[0]?.RepoTags;
  expect(await tags("a")).toEqual(["a:1", "a:2"]);
  expect(await tags("a:2")).toEqual(["a:2"]);
  expect(await tags(sha256(makeConfig(image)))).toBeNull();
  expect(await tags(sha256(makeConfig(image)).slice(7, 19))).toBeNull();
  expect(await refusalOf(t.store.save(["nope"]))).toContain("No such image: nope");
  expect(await refusalOf(t.store.save(["nope:1"]))).toContain("reference does not exist");
  expect(await refusalOf(t.store.save(["UP"]))).toContain("invalid reference format: repository name must be lowercase");
  expect(t.events.filter((event) => event === "save").length).toBe(4);
});

test("an image that is removed while it is saved is saved whole", async () => {
  await using t = await openTestStore();
  await load(t.store, makeDockerArchive([image]));
  const stream = await t.store.save(["a:1"]);
  await t.store.remove(sha256(makeConfig(image)), { force: true, noPrune: false }, () => []);
  expect((await bytesOf(stream)).length).toBeGreaterThan(layer.length);
  await Bun.sleep(100);
  expect(readdirSync(join(t.root, "images/blobs/sha256"))).toEqual([]);
});
