import { expect, test } from "bun:test";
import { readdirSync, statSync } from "node:fs";
import { join } from "node:path";
import { Readable } from "node:stream";
import { sha256 } from "@berth/base";
import type { ImageUser } from "../ports.ts";
import { makeConfig, makeDockerArchive, makeTar } from "../testing/archives.ts";
import { drain, load, openTestStore, refusalOf, type TestStore } from "../testing/open-test-store.ts";

const shared = makeTar([{ name: "base", type: "file", content: "12345" }]);
const own = makeTar([{ name: "own", type: "file", content: "123" }]);
const first = { layers: [shared], tags: ["first:1", "me/first:2"] };
const second = {
  layers: [shared, own],
  tags: ["second:1"],
  config: { created: "2025-01-01T00:00:00Z", config: { Labels: { kind: "b" } } },
};
const firstId = sha256(makeConfig(first));
const secondId = sha256(makeConfig(second));
const short = (id: string): string => id.slice(7, 19);
const nobody = (): readonly ImageUser[] => [];
const container = "c".repeat(64);

async function openLoaded(): Promise<TestStore> {
  const t = await openTestStore();
  await load(t.store, makeDockerArchive([first, second]));
  return t;
}

const noForce = { force: false, noPrune: false };
const force = { force: true, noPrune: false };

test("finds images by every kind of name", async () => {
  await using t = await openLoaded();
  const names = ["first:1", "docker.io/library/first:1", "me/first:2", firstId, firstId.slice(7), firstId.slice(0, 15), short(firstId)];
  for (const name of names) expect(t.store.resolve(name).id).toBe(firstId);
  expect(() => t.store.resolve("first")).toThrow("No such image: first:latest");
  expect(() => t.store.resolve("sha256:")).toThrow("invalid reference format");
  expect(() => t.store.resolve("UP")).toThrow("invalid reference format: repository name must be lowercase");
  expect(() => t.store.resolve(`sha256:${"0".repeat(64)}`)).toThrow(`No such image: sha256:${"0".repeat(64)}`);
});

test("tags, and moves tags", async () => {
  await using t = await openLoaded();
  t.store.tag("first:1", "new", "");
  t.store.tag("second:1", "new", "latest");
  expect(t.store.resolve("new").id).toBe(secondId);
  expect(() => t.store.tag("nope", "x", "")).toThrow("No such image: nope:latest");
  expect(() => t.store.tag("first:1", "UP", "")).toThrow("repository name must be lowercase");
  expect(() => t.store.tag("first:1", "a", "!")).toThrow("invalid tag format");
  expect(() => t.store.tag("first:1", "sha256", "x")).toThrow("refusing to create an ambiguous tag using digest algorithm as name");
  expect(() => t.store.tag("first:1", `x@sha256:${"0".repeat(64)}`, "")).toThrow("refusing to create a tag with a digest reference");
  expect(t.events.slice(2)).toEqual(["tag new:latest", "tag new:latest"]);
});

test("lists with sizes and filters", async () => {
  await using t = await openLoaded();
  const list = async (filters: Record<string, string[]>): Promise<string[]> =>
    (await t.store.list({ all: false, filters, sharedSize: false }, nobody)).map(({ RepoTags }) => RepoTags.join(","));
  const rows = await t.store.list({ all: false, filters: {}, sharedSize: true }, (id) =>
    id === firstId ? [{ containerId: container, running: false }] : [],
  );
  expect(rows.map(({ Id, Size, SharedSize, Containers }) => [Id, Size, SharedSize, Containers])).toEqual([
    [secondId, 8, 5, 0],
    [firstId, 5, 5, 1],
  ]);
  expect(await list({ reference: ["first"] })).toEqual(["first:1"]);
  expect(await list({ reference: ["*/first:*"] })).toEqual(["me/first:2"]);
  expect(await list({ reference: ["docker.io/library/sec*"] })).toEqual(["second:1"]);
  expect(await list({ label: ["kind"] })).toEqual(["second:1"]);
  expect(await list({ label: ["kind=a"] })).toEqual([]);
  expect(await list({ before: ["second:1"] })).toEqual(["first:1,me/first:2"]);
  expect(await list({ since: ["first:1"] })).toEqual(["second:1"]);
  expect(await list({ until: ["2024-06-01"] })).toEqual(["first:1,me/first:2"]);
  expect(await list({ dangling: ["true"] })).toEqual([]);
  t.store.tag("first:1", "second", "1");
  expect(await list({ dangling: ["true"] })).toEqual([""]);
  expect((await list({ dangling: ["false"] })).length).toBe(1);
  for (const [filters, message] of [
    [{ bogus: ["x"] }, "Invalid filter 'bogus'"],
    [{ dangling: ["x"] }, "Invalid filter 'dangling=[x]'"],
    [{ before: ["nope"] }, "No such image: nope:latest"],
    [{ reference: ["["] }, "syntax error in pattern"],
  ] as const) {
    expect(await refusalOf(list(filters as unknown as Record<string, string[]>))).toContain(message);
  }
});

test("untags first, deletes with the last name, and keeps shared layers", async () => {
  await using t = await openLoaded();
  expect(await t.store.remove("first:1", noForce, nobody)).toEqual([{ Untagged: "first:1" }]);
  expect(await t.store.remove("me/first:2", noForce, nobody)).toEqual([{ Untagged: "me/first:2" }, { Deleted: firstId }]);
  expect(readdirSync(join(t.root, "images/layers")).length).toBe(2);
  const gone = await t.store.remove(short(secondId), noForce, nobody);
  expect(gone).toEqual([
    { Untagged: "second:1" },
    { Deleted: secondId },
    { Deleted: sha256(`${sha256(shared)} ${sha256(own)}`) },
    { Deleted: sha256(shared) },
  ]);
  for (const folder of ["layers", "blobs/sha256"]) expect(readdirSync(join(t.root, "images", folder))).toEqual([]);
  expect(t.events.slice(2)).toEqual(["untag", "untag", "delete", "untag", "delete"]);
  expect(await refusalOf(t.store.remove("second:1", noForce, nobody))).toContain("No such image: second:1");
});

test("refuses to remove by Docker's rules", async () => {
  await using t = await openLoaded();
  const using =
    (running: boolean) =>
    (id: string): readonly ImageUser[] =>
      id === secondId ? [{ containerId: container, running }] : [];
  expect(await refusalOf(t.store.remove(firstId, noForce, nobody))).toContain(
    `conflict: unable to delete ${short(firstId)} (must be forced) - image is referenced in multiple repositories`,
  );
  expect(await refusalOf(t.store.remove("second:1", noForce, using(false)))).toContain(
    `conflict: unable to remove repository reference "second:1" (must force) - container cccccccccccc is using its referenced image ${short(secondId)}`,
  );
  expect(await refusalOf(t.store.remove(secondId, noForce, using(false)))).toContain(
    `conflict: unable to delete ${short(secondId)} (must be forced) - image is being used by stopped container cccccccccccc`,
  );
  expect(await refusalOf(t.store.remove(secondId, force, using(true)))).toContain(
    `conflict: unable to delete ${short(secondId)} (cannot be forced) - image is being used by running container cccccccccccc`,
  );
  expect(t.store.inspect("second:1").RepoTags).toEqual(["second:1"]);
  // By name and with force the name goes, and the running container's image stays without one.
  expect(await t.store.remove("second:1", force, using(true))).toEqual([{ Untagged: "second:1" }]);
  expect(t.store.inspect(secondId).RepoTags).toEqual([]);
});

test("a held image loses its name but keeps its files until it is released", async () => {
  await using t = await openLoaded();
  t.store.hold(secondId, container);
  await t.store.remove("second:1", force, nobody);
  expect(() => t.store.resolve(secondId)).toThrow("No such image");
  for (const directory of t.store.layerDirectories(secondId)) expect(statSync(directory).isDirectory()).toBe(true);
  t.store.release(secondId, container);
  await t.store.close();
  expect(readdirSync(join(t.root, "images/layers")).length).toBe(1);
  expect(() => t.store.hold(secondId, container)).toThrow("No such image");
});

test("a hold whose holder is gone ends, and with it the files of a removed image", async () => {
  await using t = await openLoaded();
  t.store.hold(secondId, container);
  await t.store.remove("second:1", force, nobody);
  t.store.keepHolds(new Set([container]));
  for (const directory of t.store.layerDirectories(secondId)) expect(statSync(directory).isDirectory()).toBe(true);
  t.store.keepHolds(new Set());
  await t.store.close();
  expect(readdirSync(join(t.root, "images/layers")).length).toBe(1);
});

test("history, newest first", async () => {
  await using t = await openLoaded();
  expect(t.store.history("second:1").map(({ Id, Size, CreatedBy, Tags }) => [Id, Size, CreatedBy, Tags])).toEqual([
    [secondId, 3, "step 1", ["second:1"]],
    ["<missing>", 5, "step 0", null],
  ]);
});

test("imports a root file system", async () => {
  await using t = await openTestStore();
  const options = { repository: "me/root", tag: "v1", message: "by hand", changes: ['CMD ["sh"]'], platform: "" };
  const [message] = await drain(t.store.import(Readable.from([shared]), options));
  const { id, config } = t.store.resolve("me/root:v1");
  expect(message).toEqual({ status: id });
  expect(config).toMatchObject({ os: "linux", comment: "by hand", config: { Cmd: ["sh"] }, rootfs: { diff_ids: [sha256(shared)] } });
  expect(t.events).toEqual(["tag me/root:v1", "import"]);
  for (const [change, text] of [
    [{ repository: "UP" }, "repository name must be lowercase"],
    [{ tag: "!" }, "invalid tag format"],
    [{ platform: "windows" }, "operating system is not supported"],
    [{ changes: ["RUN x"] }, "run is not a valid change command"],
  ] as const) {
    expect(await refusalOf(drain(t.store.import(Readable.from([shared]), { ...options, ...change })))).toContain(text);
  }
  expect(await refusalOf(drain(t.store.import(Readable.from([Buffer.from("junk".repeat(500))]), options)))).toContain(
    "archive/tar: invalid tar header",
  );
  expect(await refusalOf(drain(t.store.import(Readable.from([]), options)))).toContain("unexpected EOF");
});
