import { afterAll, beforeAll, expect, test } from "bun:test";
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { gzipSync } from "node:zlib";
import { directory, file, tar } from "../harness/busybox-image.ts";
import type { ApiAnswer } from "../harness/engine-api.ts";
import { openScene, refusal, type Scene, until } from "../harness/scene.ts";

let scene: Scene;

beforeAll(async () => {
  scene = await openScene("files");
}, 60_000);

afterAll(async () => {
  await scene[Symbol.asyncDispose]();
});

function put(container: string, where: string, raw: Uint8Array): Promise<ApiAnswer> {
  return scene.api.request(`/containers/${container}/archive?path=${encodeURIComponent(where)}`, {
    method: "PUT",
    raw,
    headers: { "Content-Type": "application/x-tar" },
  });
}

async function start(name: string, script: string): Promise<void> {
  const created = await scene.api.post(`/containers/create?name=${name}`, { Image: "busybox", Cmd: ["sh", "-c", script], StopTimeout: 0 });
  expect([created.status, created.text]).toEqual([201, expect.any(String)]);
  expect((await scene.api.post(`/containers/${name}/start`)).status).toBe(204);
}

test("a container that swaps folders for links to the host's during copies reaches nothing outside", async () => {
  const outside = path.join(scene.sandbox.folder, "outside");
  mkdirSync(outside);
  writeFileSync(path.join(outside, "secret"), "secret of the host\n");
  // The same path is there inside too, or every look would only end in "not found".
  const swap = `mkdir -p ${outside} /w/real/d; echo inside > /w/real/secret; cd /w; while :; do ln -sfn real x; ln -sfn ${outside} x; rm x; mv real x; mv x real; done`;
  await start("swapper", swap);
  const sample = tar([
    directory("d/"),
    file("d/written", Buffer.from("from the client\n")),
    file("written", Buffer.from("from the client\n")),
  ]);
  const seen = { written: 0, read: 0, refused: 0 };
  for (let round = 0; round < 150; round++) {
    const [into, out] = await Promise.all([put("swapper", "/w/x", sample), scene.api.get("/containers/swapper/archive?path=/w/x/.")]);
    if (into.status === 200) seen.written++;
    else seen.refused++;
    if (out.status === 200) seen.read++;
    expect(out.body.includes("secret of the host")).toBe(false);
    expect(readdirSync(outside)).toEqual(["secret"]);
  }
  expect(readFileSync(path.join(outside, "secret"), "utf8")).toBe("secret of the host\n");
  // Otherwise the test would have looked at nothing.
  expect(seen.written).toBeGreaterThan(0);
  expect(seen.read).toBeGreaterThan(0);
  await scene.clear();
  await scene.unchanged();
}, 240_000);

test("links, devices and pipes that a container left are copied as such, never opened", async () => {
  const script =
    "mkdir /w; cd /w; mkfifo pipe; mknod kmsg c 1 11; ln -s /proc/self/root root; ln -s /etc/shadow host; echo end > end; exec sleep 1000";
  await start("odd", script);
  await until(async () => (await scene.api.get("/containers/odd/archive?path=/w/end")).status === 200, 10_000, "the container did nothing");
  const all = await scene.api.get("/containers/odd/archive?path=/w");
  expect([all.status, all.body.length < 20_000]).toEqual([200, true]);
  for (const where of ["/proc/kmsg", "/proc/1/root", "/sys/kernel", "/w/root/"]) {
    const answer = await scene.api.get(`/containers/odd/archive?path=${where}`);
    expect([where, answer.status]).toEqual([where, 404]);
  }
  expect(refusal(await put("odd", "/proc/sys", tar([file("x", Buffer.from("1"))])))[0]).toBe(403);
  expect(refusal(await put("odd", "/w/root/tmp", tar([file("x", Buffer.from("1"))])))[0]).toBeGreaterThanOrEqual(400);
  await scene.clear();
  await scene.unchanged();
}, 60_000);

test("hostile archives are refused in words, and the engine goes on", async () => {
  await start("target", "exec sleep 1000");
  const good = tar([file("a", Buffer.from("a".repeat(5000)))]);
  const cases: readonly (readonly [string, Uint8Array, number])[] = [
    ["cut", good.subarray(0, 3000), 400],
    ["cut and packed", gzipSync(good).subarray(0, 40), 400],
    ["damaged packing", Buffer.concat([gzipSync(good).subarray(0, 20), Buffer.alloc(200, 7)]), 400],
    ["upwards", tar([file("../../../evil", Buffer.from("x"))]), 400],
    ["noise", Buffer.alloc(100_000, 0x5a), 400],
  ];
  for (const [name, raw, status] of cases) {
    const [found, words] = refusal(await put("target", "/tmp", raw));
    expect([name, found, words.length > 0]).toEqual([name, status, true]);
  }
  // A megabyte of gzip that is a gigabyte of zeros after the archive's end: it is not even looked at.
  const bomb = gzipSync(Buffer.concat([good, Buffer.alloc(200 << 20)]));
  expect((await put("target", "/tmp", bomb)).status).toBe(200);
  const many = Buffer.concat(Array.from({ length: 20_000 }, () => tar([directory("d/")]).subarray(0, 512)));
  expect((await put("target", "/tmp", many)).status).toBe(200);
  // A refused archive that is far longer than what was read of it: the answer arrives all the same.
  const refused = Buffer.concat([tar([file("../../evil", Buffer.from("x"))]).subarray(0, 1024), Buffer.alloc(30 << 20, 1)]);
  expect((await put("target", "/tmp", refused)).status).toBe(400);
  await scene.clear();
  await scene.unchanged();
}, 120_000);

test("twenty clients copy in and out of one container at once, while it is stopped and started", async () => {
  await start("busy", "exec sleep 1000");
  const work = Array.from({ length: 20 }, async (_, client) => {
    const text = `client ${client} `.repeat(50_000);
    const into = await put("busy", "/", tar([directory(`c${client}/`), file(`c${client}/f`, Buffer.from(text))]));
    const out = await scene.api.get(`/containers/busy/archive?path=/c${client}/f`);
    return [into.status, out.status, out.body.includes(text)];
  });
  for (let round = 0; round < 3; round++) {
    expect((await scene.api.post("/containers/busy/stop?t=0")).status).toBe(204);
    expect((await scene.api.post("/containers/busy/start")).status).toBe(204);
  }
  for (const done of await Promise.all(work)) expect(done).toEqual([200, 200, true]);
  await scene.clear();
  await scene.unchanged();
}, 120_000);
