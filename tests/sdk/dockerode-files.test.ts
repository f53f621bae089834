import { afterAll, beforeAll, expect, test } from "bun:test";
import { type Readable } from "node:stream";
import Docker from "dockerode";
import { directory, file, tar } from "../harness/busybox-image.ts";
import { until } from "../harness/sandbox.ts";
import { openScene, type Scene } from "../harness/scene.ts";

/** dockerode with a container's files, limits, numbers and remains. */
let scene: Scene;

beforeAll(async () => {
  scene = await openScene("dockerode-files");
}, 60_000);
afterAll(async () => {
  await scene?.[Symbol.asyncDispose]();
}, 30_000);

async function bytesOf(stream: Readable): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of stream) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
}

/** What a promise was refused with; a promise that holds is a failure. */
async function refusalOf(promise: Promise<unknown>): Promise<{ statusCode?: number; json?: { message: string } | null }> {
  try {
    await promise;
  } catch (error) {
    return error as { statusCode?: number };
  }
  throw new Error("it was not refused");
}

/** Contents of the files in an archive, by name. */
function contentsOf(archive: Buffer): Record<string, string> {
  const found: Record<string, string> = {};
  for (let at = 0; at + 512 <= archive.length; ) {
    const name = archive.toString("utf8", at, at + 100).replace(/\0.*/s, "");
    if (name === "") break;
    const size = Number.parseInt(archive.toString("utf8", at + 124, at + 136), 8);
    found[name] = archive.toString("utf8", at + 512, at + 512 + size);
    at += 512 + Math.ceil(size / 512) * 512;
  }
  return found;
}

for (const version of [undefined, "v1.41", "v1.51"]) {
  const docker = (): Docker => new Docker({ socketPath: scene.engine.socket, ...(version === undefined ? {} : { version }) });
  const shown = version ?? "without a version";

  test(`files into a container that does not run, changes, export, commit, ${shown}`, async () => {
    const container = await docker().createContainer({ Image: "busybox", Cmd: ["sh", "-c", "cat /srv/in/text > /srv/copy"] });
    await container.putArchive(tar([directory("srv/"), directory("srv/in/"), file("srv/in/text", Buffer.from("a text\n"))]), { path: "/" });
    const info = await container.infoArchive({ path: "/srv/in/text" });
    expect(JSON.parse(atob(info.headers["x-docker-container-path-stat"] ?? ""))).toMatchObject({ name: "text", size: 7 });
    expect(contentsOf(await bytesOf(await container.getArchive({ path: "/srv/in" })))).toEqual({ "in/": "", "in/text": "a text\n" });

    const waiting = container.wait({ condition: "next-exit" });
    await container.start();
    expect((await waiting).StatusCode).toBe(0);
    expect(contentsOf(await bytesOf(await container.getArchive({ path: "/srv/copy" })))).toEqual({ copy: "a text\n" });
    expect(await container.changes()).toEqual(
      expect.arrayContaining([
        { Path: "/srv", Kind: 1 },
        { Path: "/srv/copy", Kind: 1 },
      ]),
    );
    const exported = contentsOf(await bytesOf(await container.export()));
    expect(exported["srv/copy"]).toBe("a text\n");
    expect(exported["etc/passwd"]).toContain("root:");

    const { Id: image } = await container.commit({ repo: "kept", tag: "1", comment: "said", changes: ["CMD cat /srv/copy"] });
    expect((await docker().getImage("kept:1").inspect()).Id).toBe(image);
    const second = await docker().createContainer({ Image: "kept:1" });
    const ended = second.wait({ condition: "next-exit" });
    await second.start();
    await ended;
    await until(async () => (await second.logs({ stdout: true, stderr: true })).toString().includes("a text"), 20_000, "no log");

    expect(await refusalOf(container.getArchive({ path: "/nope" }))).toMatchObject({ statusCode: 404 });
    expect(await refusalOf(container.putArchive(Buffer.from("not an archive"), { path: "/srv/copy" }))).toMatchObject({ statusCode: 400 });
    await Promise.all([container.remove(), second.remove()]);
    await docker().getImage("kept:1").remove();
  }, 120_000);

  test(`limits changed and numbers read while it runs, ${shown}`, async () => {
    const container = await docker().createContainer({ Image: "busybox", Cmd: ["sleep", "1000"], HostConfig: { Memory: 64 << 20 } });
    await container.start();
    expect(
      await container.update({ Memory: 96 << 20, MemorySwap: 192 << 20, PidsLimit: 50, RestartPolicy: { Name: "always" } }),
    ).toMatchObject({ Warnings: null });
    expect((await container.inspect()).HostConfig).toMatchObject({ Memory: 96 << 20, PidsLimit: 50, RestartPolicy: { Name: "always" } });
    const once = await container.stats({ stream: false });
    expect(once).toMatchObject({ id: container.id, memory_stats: { limit: 96 << 20 }, pids_stats: { current: 1 } });
    expect(once.cpu_stats.cpu_usage.total_usage).toBeGreaterThan(0);
    const stream = await container.stats({ stream: true });
    let text = "";
    stream.on("data", (bytes: Buffer) => {
      text += bytes.toString();
    });
    await until(() => text.split("\n").filter((line) => line !== "").length >= 3, 30_000, "the stream of numbers did not go on");
    stream.destroy();
    expect(await refusalOf(container.update({ Memory: 1 }))).toMatchObject({
      statusCode: 400,
      json: { message: expect.stringContaining("Minimum memory limit") },
    });
    await container.remove({ force: true });
  }, 120_000);

  test(`waiting for the end and the removal; prune takes what has ended, ${shown}`, async () => {
    const label = `prune=${shown.replaceAll(" ", "-")}`;
    const labels = Object.fromEntries([label.split("=")]);
    const [ended, running] = await Promise.all([
      docker().createContainer({ Image: "busybox", Cmd: ["true"], Labels: labels }),
      docker().createContainer({ Image: "busybox", Cmd: ["sleep", "1000"], Labels: labels }),
    ]);
    const events = await docker().getEvents({ filters: { label: [label], event: ["die", "destroy", "prune"] } });
    let told = "";
    events.on("data", (bytes: Buffer) => {
      told += bytes.toString();
    });
    await Promise.all([ended.start(), running.start()]);
    expect((await ended.wait({ condition: "not-running" })).StatusCode).toBe(0);
    const removed = running.wait({ condition: "removed" });
    expect((await docker().pruneContainers({ filters: { label: ["nobody=has-it"] } })).ContainersDeleted).toBeNull();
    expect((await docker().pruneContainers({ filters: { label: [label] } })).ContainersDeleted).toEqual([ended.id]);
    expect(await refusalOf(ended.inspect())).toMatchObject({ statusCode: 404 });
    await running.remove({ force: true });
    expect((await removed).StatusCode).toBe(137);
    await until(() => told.split('"destroy"').length > 2, 20_000, "events are missing");
    events.destroy();
    // API 1.42 and later look at the condition first.
    expect(await refusalOf(running.wait({ condition: "bogus" }))).toMatchObject({ statusCode: version === "v1.41" ? 404 : 400 });
  }, 120_000);

  test(`networks and volumes of one's own, ${shown}`, async () => {
    const name = `own-${version ?? "none"}`;
    const network = await docker().createNetwork({ Name: name });
    const { Name: volume } = await docker().createVolume({ Name: name });
    const container = await docker().createContainer({
      Image: "busybox",
      Cmd: ["sleep", "1000"],
      HostConfig: { NetworkMode: name, Binds: [`${volume}:/data`] },
    });
    await container.start();
    expect(Object.keys((await network.inspect()).Containers)).toEqual([container.id]);
    expect(await refusalOf(network.remove())).toMatchObject({ statusCode: 403 });
    expect(await refusalOf(docker().getVolume(volume).remove())).toMatchObject({ statusCode: 409 });
    await container.remove({ force: true });
    await docker().getVolume(volume).remove();
    await network.remove();
  }, 120_000);
}
