import { expect, test } from "bun:test";
import { existsSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { Readable } from "node:stream";
import { messageOf } from "@berth/base";
import { formatTarEntry, type TarEntry, TarReader, tarEnd, type TarEntryInit, tarPadding } from "@berth/spec";
import { openTestEngine, type TestEngine, until } from "../testing/test-engine.ts";

const never = new AbortController().signal;

async function create(t: TestEngine, body: Record<string, unknown> = {}): Promise<string> {
  const { id } = await t.engine.containers.create({
    name: null,
    platform: null,
    request: { Image: "busybox", Cmd: ["sleep"], ...body },
    apiVersion: "1.51",
  });
  return id;
}

function tar(...entries: (TarEntryInit & { readonly text?: string })[]): Readable {
  const parts = entries.map(({ text = "", ...entry }) =>
    Buffer.concat([formatTarEntry({ ...entry, sizeBytes: text.length }), Buffer.from(text), tarPadding(text.length)]),
  );
  return Readable.from([Buffer.concat([...parts, tarEnd()])]);
}

function put(t: TestEngine, id: string, path: string, archive: Readable): Promise<void> {
  return t.engine.files.write(id, { path, archive, copyOwner: false, keepKinds: false, signal: never });
}

async function entries(archive: AsyncIterable<Uint8Array>): Promise<TarEntry[]> {
  const found: TarEntry[] = [];
  const reader = new TarReader({ entry: (entry) => void found.push(entry), data: () => undefined, end: () => undefined });
  for await (const piece of archive) reader.push(piece);
  reader.finish();
  return found;
}

async function refusalOf(work: Promise<unknown>): Promise<string> {
  try {
    await work;
    return "it was done";
  } catch (error) {
    return messageOf(error);
  }
}

function mounted(t: TestEngine): string[] {
  return readFileSync("/proc/self/mountinfo", "utf8")
    .split("\n")
    .map((line) => line.split(" ")[4] ?? "")
    .filter((path) => path.startsWith(`${t.root}/`));
}

test("a container that never ran: files go in and out, its volume has what the image has there, nothing stays mounted", async () => {
  await using t = await openTestEngine();
  const id = await create(t, { Volumes: { "/filled": {} } });
  await put(t, id, "/filled", tar({ name: "d/new", type: "file", text: "new", uid: 5, gid: 6 }));
  const { stat, archive } = await t.engine.files.read(id, { path: "/filled", signal: never });
  expect(stat).toMatchObject({ name: "filled", linkTarget: "" });
  expect((await entries(archive)).map(({ name, uid, gid }) => `${name} ${uid}:${gid}`)).toEqual([
    "filled/ 0:0",
    "filled/d/ 0:0",
    "filled/d/new 5:6",
    "filled/file 0:0",
  ]);
  expect(await t.engine.files.changes(id)).toEqual([]);
  await until("nothing is mounted", () => mounted(t).length === 0);
  expect(t.events.filter((event) => /archive|extract/.test(event))).toEqual(["container extract-to-dir", "container archive-path"]);
});

test("Docker's words for what is not there, no folder, or read-only", async () => {
  await using t = await openTestEngine();
  const id = await create(t, { HostConfig: { ReadonlyRootfs: true, Binds: ["one:/one", "two:/two:ro"] } });
  const file = (): Readable => tar({ name: "f", type: "file", text: "x" });
  expect(await refusalOf(t.engine.files.stat(id, "/nope"))).toBe(`Could not find the file /nope in container ${id}`);
  expect(await refusalOf(t.engine.files.stat(id, "/etc/passwd/"))).toContain("not a directory");
  expect(await refusalOf(t.engine.files.stat(id, `/${"x".repeat(300)}`))).toContain("file name too long");
  expect(await refusalOf(put(t, id, "/nope", file()))).toBe(`Could not find the file /nope in container ${id}`);
  expect(await refusalOf(put(t, id, "/etc/passwd", file()))).toBe("extraction point is not a directory");
  expect(await refusalOf(put(t, id, "/etc", file()))).toBe("container rootfs is marked read-only");
  expect(await refusalOf(put(t, id, "/two", file()))).toBe("mounted volume is marked read-only");
  expect(await refusalOf(put(t, id, "/one", file()))).toBe("it was done");
  expect(await refusalOf(put(t, id, "/one", tar({ name: "../../evil", type: "file" })))).toBe('"../../evil" is outside of "/one"');
  expect(await refusalOf(put(t, id, "/one", Readable.from([Buffer.alloc(700, 1)])))).toContain("invalid tar header");
  await until("nothing is mounted", () => mounted(t).length === 0);
});

test("a start takes over what a copy has mounted; what is copied later is seen by both", async () => {
  await using t = await openTestEngine();
  const id = await create(t);
  const source = new Readable({ read: () => undefined });
  const copying = put(t, id, "/etc", source);
  await until("the copy has begun", () => mounted(t).length === 1);
  await t.engine.containers.start(id);
  expect(mounted(t).length).toBe(1);
  for await (const piece of tar({ name: "late", type: "file", text: "late" })) source.push(piece);
  source.push(null);
  await copying;
  expect((await t.engine.files.stat(id, "/etc/late")).size).toBe(4);
  expect(mounted(t).length).toBe(1);
  await t.engine.containers.kill(id, "KILL");
  await until("nothing is mounted", () => mounted(t).length === 0);
});

test("removing a container ends its copies, whether their clients read or not", async () => {
  await using t = await openTestEngine();
  const id = await create(t);
  writeFileSync(join(t.root, "containers", id, "files", "upper", "big"), Buffer.alloc(20 << 20));
  const { archive } = await t.engine.files.read(id, { path: "/big", signal: never });
  const reading = archive[Symbol.asyncIterator]();
  await reading.next();
  const writing = refusalOf(put(t, id, "/etc", new Readable({ read: () => undefined })));
  await until("the copies have begun", () => mounted(t).length === 1);
  await t.engine.containers.remove(id, { force: false, volumes: false, link: false });
  const words = `container ${id} was removed while its files were being copied`;
  expect(await writing).toBe(words);
  expect(
    await refusalOf(
      (async () => {
        while ((await reading.next()).done !== true);
      })(),
    ),
  ).toBe(words);
  expect(mounted(t)).toEqual([]);
  expect(existsSync(join(t.root, "containers", id))).toBe(false);
});

test("a daemon that starts unmounts what the last one had mounted to look at", async () => {
  await using t = await openTestEngine();
  const id = await create(t, { Volumes: { "/v": {} } });
  void put(t, id, "/etc", new Readable({ read: () => undefined })).catch(() => undefined);
  await until("the copy has begun", () => mounted(t).length >= 2);
  await t.restart();
  expect(mounted(t)).toEqual([]);
});

test("an export has the image's files and the container's, and nothing that is mounted into it", async () => {
  await using t = await openTestEngine();
  const id = await create(t, { Volumes: { "/v": {} } });
  await put(t, id, "/v", tar({ name: "in-volume", type: "file" }));
  await put(t, id, "/etc", tar({ name: "mine", type: "file" }));
  const names = (await entries(await t.engine.files.export(id, { signal: never }))).map(({ name }) => name);
  expect(names).toContain("etc/passwd");
  expect(names).toContain("etc/mine");
  expect(names).toContain("v/");
  expect(names).not.toContain("v/in-volume");
  await until("the export is told", () => t.events.includes("container export"));
});

test("a commit gives the changes as a layer, freezes a running container meanwhile, and keeps by Docker's rules what it is told", async () => {
  await using t = await openTestEngine({ image: { Env: ["A=1", "B=2"], Cmd: ["image"] } });
  const id = await create(t, { Cmd: ["mine"], Labels: { own: "1" } });
  await t.engine.containers.start(id);
  const upper = join(t.root, "containers", id, "files", "upper");
  writeFileSync(join(upper, "made"), "made");
  symlinkSync("/etc/shadow", join(upper, "link"));
  const made = await t.engine.files.commit(id, {
    repository: "made",
    tag: "1",
    author: "ann",
    comment: "note",
    pause: true,
    changes: ["ENV A=9", 'ENTRYPOINT ["e"]'],
    config: null,
    signal: never,
  });
  expect(made).toStartWith("sha256:");
  const [committed] = t.images.committed;
  expect((await entries(Readable.from([committed?.tar ?? Buffer.alloc(0)]))).map(({ name, type }) => `${type} ${name}`)).toEqual([
    "symlink link",
    "file made",
  ]);
  expect(committed?.options.config).toMatchObject({ Env: ["A=9", "B=2"], Entrypoint: ["e"], Labels: { own: "1" } });
  expect(committed?.options).toMatchObject({ author: "ann", comment: "note", repository: "made", tag: "1" });
  expect(t.events.slice(-3)).toEqual(["container pause", "container commit", "container unpause"]);
  expect((await t.engine.containers.inspect(id, { size: false })).State.Status).toBe("running");
});

test("a commit that fails lets the container go on", async () => {
  await using t = await openTestEngine();
  const id = await create(t);
  await t.engine.containers.start(id);
  t.images.commit = () => Promise.reject(new Error("no space left on device"));
  const request = { repository: "", tag: "", author: "", comment: "", pause: true, changes: [], config: null, signal: never };
  expect(await refusalOf(t.engine.files.commit(id, request))).toBe("no space left on device");
  expect((await t.engine.containers.inspect(id, { size: false })).State.Status).toBe("running");
  expect(await refusalOf(t.engine.files.commit(id, { ...request, changes: ["BOGUS x"] }))).toBe("bogus is not a valid change command");
});
