// time limit: 4 minutes
import { afterAll, afterEach, beforeAll, describe, expect, test } from "bun:test";
import { buildBusyboxImage, buildImage, directory, file, readBusybox } from "../harness/busybox-image.ts";
import { berthCommand, loadImage, type RunningEngine, startBerth } from "../harness/engines.ts";
import { exitCodeOf, refusal, wordsOf } from "../harness/scene.ts";
import { openSandbox, type Sandbox, until } from "../harness/sandbox.ts";
import { lookAround } from "../crash/world.ts";

let sandbox: Sandbox;
const megabyte = 1 << 20;
const diskBytes = 192 * megabyte;
const noSpace = /no space left on device/;
const busybox = buildBusyboxImage("busybox:latest");
/** Random bytes, repeated. */
function fill(bytes: number): Buffer {
  const block = Buffer.from(crypto.getRandomValues(new Uint8Array(65_536)));
  return Buffer.alloc(bytes, block);
}

beforeAll(async () => {
  sandbox = await openSandbox("disk");
}, 60_000);
afterAll(async () => {
  await sandbox.close();
}, 30_000);

/** A daemon whose data root is a small ext4 of its own, which nobody outside of the sandbox sees. */
async function startOnSmallDisk(name: string): Promise<RunningEngine> {
  const folder = `${sandbox.folder}/${name}`;
  const made = await sandbox.run([
    "sh",
    "-ec",
    `mkdir -p ${folder}/data; truncate -s ${diskBytes} ${folder}.img; mkfs.ext4 -q -m 0 -F ${folder}.img; mount -o loop ${folder}.img ${folder}/data; rmdir ${folder}/data/lost+found`,
  ]);
  expect([made.code, made.stderr]).toEqual([0, ""]);
  return startBerth(sandbox, { name });
}

async function fillDisk(engine: RunningEngine): Promise<void> {
  await sandbox.run(["sh", "-c", `cat /dev/zero > ${engine.dataRoot}/ballast 2>/dev/null; sync -f ${engine.dataRoot}`], {
    timeoutMs: 60_000,
  });
}

async function freeDisk(engine: RunningEngine): Promise<void> {
  await sandbox.run(["rm", "-f", `${engine.dataRoot}/ballast`]);
}

async function staged(engine: RunningEngine): Promise<string> {
  return (await sandbox.run(["ls", `${engine.dataRoot}/images/staging`])).stdout.trim();
}

/** The world of the daemon as {@link lookAround} sees it, from inside of the sandbox's mounts. */
async function worldOf(engine: RunningEngine): Promise<unknown> {
  const world = await lookAround(sandbox, engine);
  const list = async (folder: string): Promise<string[]> =>
    (await sandbox.run(["sh", "-c", `ls ${engine.dataRoot}/${folder} 2>/dev/null`])).stdout.trim().split("\n");
  return {
    ...world,
    folders: await list("containers"),
    layers: await list("images/layers"),
    blobs: await list("images/blobs/sha256"),
    volumes: await list("volumes"),
  };
}

async function settles(engine: RunningEngine, baseline: unknown): Promise<void> {
  let world = await worldOf(engine);
  for (let attempt = 0; attempt < 300 && !Bun.deepEquals(world, baseline); attempt++) {
    await Bun.sleep(100);
    world = await worldOf(engine);
  }
  expect(world).toEqual(baseline);
}

describe("a full disk", () => {
  let engine: RunningEngine;
  let baseline: unknown;
  beforeAll(async () => {
    engine = await startOnSmallDisk("full");
    await loadImage(engine, busybox.archive);
    baseline = await worldOf(engine);
  }, 60_000);
  afterAll(async () => {
    await engine.stop();
  }, 30_000);

  const load = async (archive: Uint8Array): Promise<string> =>
    wordsOf(await engine.api.request("/images/load", { method: "POST", raw: archive, headers: { "Content-Type": "application/x-tar" } }));

  // What a failed test leaves must not count for the next one.
  afterEach(async () => {
    await freeDisk(engine);
    for (const { Id } of (await engine.api.get("/containers/json?all=1")).json<{ Id: string }[]>())
      await engine.api.delete(`/containers/${Id}?force=1&v=1`);
  }, 30_000);

  test("load: an archive, and a layer, that does not fit", async () => {
    const archive = buildImage("large:1", { layers: [[file("large", fill(250 * megabyte))]] }).archive;
    expect(await load(archive)).toMatch(noSpace);
    await settles(engine, baseline);
    // The archive fits, what is in it does not.
    const zeros = Bun.gzipSync(new Uint8Array(buildImage("zeros:1", { layers: [[file("zeros", Buffer.alloc(300 * megabyte))]] }).archive));
    expect(await load(zeros)).toMatch(noSpace);
    await settles(engine, baseline);
    expect(await staged(engine)).toBe("");
    expect((await engine.api.get("/images/json")).json<unknown[]>().length).toBe(1);
  }, 60_000);

  test("import of what does not fit", async () => {
    const answer = await engine.api.request("/images/create?fromSrc=-&repo=large", { method: "POST", raw: fill(250 * megabyte) });
    expect(wordsOf(answer)).toMatch(noSpace);
    await settles(engine, baseline);
  }, 60_000);

  test("create, start, exec, logs and rm while nothing is left", async () => {
    const { api } = engine;
    expect(
      (await api.post("/containers/create?name=run", { Image: "busybox", Cmd: ["sh", "-c", "while :; do echo line; sleep 0.1; done"] }))
        .status,
    ).toBe(201);
    expect((await api.post("/containers/run/start")).status).toBe(204);
    await fillDisk(engine);
    // Nothing may hang, and every refusal says why.
    for (let round = 0; round < 5; round++) {
      const made = await api.post("/containers/create?name=more", {
        Image: "busybox",
        Cmd: ["true"],
        Labels: { large: "x".repeat(10_000) },
      });
      if (made.status !== 201) expect(refusal(made)).toEqual([500, expect.stringMatching(noSpace)]);
      else {
        const started = await api.post("/containers/more/start");
        if (started.status !== 204) expect(refusal(started)[1]).toMatch(noSpace);
        expect((await api.delete("/containers/more?force=1")).status).toBe(204);
      }
    }
    const volume = await api.post("/volumes/create", { Name: "small" });
    if (volume.status === 201) expect((await api.delete("/volumes/small")).status).toBe(204);
    else expect(refusal(volume)[1]).toMatch(noSpace);
    const exec = (await api.post("/containers/run/exec", { Cmd: ["echo", "in"], AttachStdout: true })).json<{ Id: string }>();
    const stream = await api.hijack(`/exec/${exec.Id}/start`, { body: {} });
    expect((await stream.rest()).toString()).toContain("in");
    expect((await api.get("/containers/run/logs?stdout=1&tail=1")).status).toBe(200);
    expect((await api.get("/containers/run/json")).json<{ State: { Running: boolean } }>().State.Running).toBe(true);
    expect((await api.post("/containers/run/pause")).status).toBe(204);
    expect((await api.post("/containers/run/unpause")).status).toBe(204);
    expect((await api.get("/_ping")).text).toBe("OK");
    const removed = await api.delete("/containers/run?force=1");
    if (removed.status !== 204) expect(refusal(removed)).toEqual([500, expect.stringMatching(noSpace)]);
    await freeDisk(engine);
    if (removed.status !== 204) expect(refusal(await api.delete("/containers/run?force=1"))).toEqual([204, ""]);
    await settles(engine, baseline);
    expect((await api.post("/containers/create?name=after", { Image: "busybox", Cmd: ["true"] })).status).toBe(201);
    expect((await api.post("/containers/after/start")).status).toBe(204);
    expect(await exitCodeOf(api, "after")).toBe(0);
    expect((await api.delete("/containers/after")).status).toBe(204);
    await settles(engine, baseline);
  }, 60_000);

  test("a volume's first content that does not fit", async () => {
    const { api } = engine;
    const image = buildImage("filled:1", {
      layers: [readBusybox(), [directory("data/"), file("data/large", fill(30 * megabyte))]],
      config: { Volumes: { "/data": {} } },
    });
    expect(await load(image.archive)).toStartWith("Loaded image");
    await sandbox.run([
      "sh",
      "-c",
      `fallocate -l 20M ${engine.dataRoot}/spare; cat /dev/zero > ${engine.dataRoot}/ballast 2>/dev/null; rm ${engine.dataRoot}/spare`,
    ]);
    expect((await api.post("/containers/create?name=filled", { Image: "filled:1", Cmd: ["true"] })).status).toBe(201);
    const [status, words] = refusal(await api.post("/containers/filled/start"));
    expect([status, words]).toEqual([500, expect.stringMatching(noSpace)]);
    expect(words).toContain("/data");
    await freeDisk(engine);
    // Once there is room the same container starts, with the whole content.
    expect(refusal(await api.post("/containers/filled/start"))).toEqual([204, ""]);
    expect(await exitCodeOf(api, "filled")).toBe(0);
    const size = await sandbox.run(["sh", "-c", `stat -c %s ${engine.dataRoot}/volumes/*/_data/large`]);
    expect(size.stdout.trim()).toBe(String(30 * megabyte));
    expect((await api.delete("/containers/filled?v=1")).status).toBe(204);
    expect((await api.delete("/images/filled:1")).status).toBe(200);
    await settles(engine, baseline);
  }, 60_000);

  test("a container that fills the disk hurts itself only", async () => {
    const { api, dataRoot } = engine;
    await until(async () => (await sandbox.run(["test", "-e", `${dataRoot}/berth.db-reserve`])).code === 0, 10_000, "no room is kept");
    expect(
      (await api.post("/containers/create?name=greedy", { Image: "busybox", Cmd: ["sh", "-c", "cat /dev/zero > /large; echo ended"] }))
        .status,
    ).toBe(201);
    expect((await api.post("/containers/greedy/start")).status).toBe(204);
    expect(await exitCodeOf(api, "greedy")).toBeNumber();
    expect((await api.get("/containers/greedy/json")).json<{ State: { Status: string } }>().State.Status).toBe("exited");
    expect((await api.delete("/containers/greedy")).status).toBe(204);
    await settles(engine, baseline);
  }, 60_000);

  test("the daemon starts on a full disk, or says why not", async () => {
    await fillDisk(engine);
    await engine.stop();
    const again = await startBerth(sandbox, { name: "full" }).then(
      (started) => {
        engine = started;
        return "started";
      },
      (error: Error) => error.message,
    );
    if (again !== "started") {
      expect(again).toMatch(noSpace);
      await sandbox.run(["rm", "-f", `${sandbox.folder}/full/data/ballast`]);
      engine = await startBerth(sandbox, { name: "full" });
    }
    await freeDisk(engine);
    await settles(engine, baseline);
  }, 60_000);
});

describe("a read-only data root", () => {
  test("at the start: the daemon says so and ends", async () => {
    const engine = await startOnSmallDisk("ro");
    await loadImage(engine, busybox.archive);
    await engine.stop();
    const { dataRoot } = engine;
    await sandbox.run(["mount", "-o", "remount,ro", dataRoot]);
    const failed = await startBerth(sandbox, { name: "ro" }).then(
      () => "it started",
      (error: Error) => error.message,
    );
    expect(failed).toMatch(/cannot write to the data root .*: the file system is read-only/);
    expect(failed).toContain(dataRoot);
    await sandbox.run(["mount", "-o", "remount,rw", dataRoot]);
    const again = await startBerth(sandbox, { name: "ro" });
    expect((await again.api.get("/images/busybox/json")).status).toBe(200);
    await again.stop();
  }, 60_000);

  test("while it runs: changes are refused with the reason, the rest goes on", async () => {
    const engine = await startBerth(sandbox, { name: "ro" });
    const { api, dataRoot } = engine;
    const baseline = await worldOf(engine);
    // A remount to read-only is refused while files are open for writing; one that met an error turns read-only all the same.
    const turned = await sandbox.run(["sh", "-c", `mount -o remount,abort ${dataRoot}; sync -f ${dataRoot}; touch ${dataRoot}/x`]);
    expect(turned.code).not.toBe(0);
    const readOnly = /read-only|input\/output error|disk failed while reading or writing|EIO/i;
    expect(refusal(await api.post("/containers/create?name=no", { Image: "busybox", Cmd: ["true"] }))).toEqual([
      500,
      expect.stringMatching(readOnly),
    ]);
    const load = await api.request("/images/load", {
      method: "POST",
      raw: busybox.archive,
      headers: { "Content-Type": "application/x-tar" },
    });
    expect(wordsOf(load)).toMatch(readOnly);
    expect((await api.get("/containers/json?all=1")).text).toBe("[]\n");
    expect((await api.get("/images/json")).json<unknown[]>().length).toBe(1);
    expect((await api.get("/info")).status).toBe(200);
    await engine.stop();
    expect(baseline).toBeDefined();
  }, 60_000);
});

describe("second daemons and sockets", () => {
  test("a second daemon on the same data root, and on the same socket", async () => {
    const first = await startBerth(sandbox, { name: "one" });
    const second = async (flags: readonly string[]): Promise<{ code: number; said: string }> => {
      const { code, stdout, stderr } = await sandbox.run([berthCommand(), "daemon", ...flags], { timeoutMs: 20_000 });
      return { code, said: stdout + stderr };
    };
    const other = `${sandbox.folder}/two`;
    const sameData = await second(["--data-root", first.dataRoot, "--exec-root", `${other}/exec`, "-H", `unix://${other}.sock`]);
    expect(sameData.code).toBe(1);
    expect(sameData.said).toContain(first.dataRoot);
    expect(sameData.said).toMatch(/another daemon|in use|already/i);
    const sameSocket = await second(["--data-root", `${other}/data`, "--exec-root", `${other}/exec`, "-H", `unix://${first.socket}`]);
    expect(sameSocket.code).toBe(1);
    expect(sameSocket.said).toMatch(/can't create unix socket .*another process answers there/);
    const long = `${sandbox.folder}/${"s".repeat(120)}.sock`;
    const tooLong = await second(["--data-root", `${other}/data`, "--exec-root", `${other}/exec`, "-H", `unix://${long}`]);
    expect(tooLong.code).toBe(1);
    expect(tooLong.said).toContain(`unix socket path is too long: ${long}`);
    const file = `${sandbox.folder}/file`;
    await sandbox.run(["sh", "-c", `echo kept > ${file}`]);
    const onFile = await second(["--data-root", `${other}/data`, "--exec-root", `${other}/exec`, "-H", `unix://${file}`]);
    expect(onFile.code).toBe(1);
    expect((await sandbox.run(["cat", file])).stdout).toBe("kept\n");
    const fileAsRoot = await second(["--data-root", file, "--exec-root", `${other}/exec`, "-H", `unix://${other}.sock`]);
    expect(fileAsRoot.code).toBe(1);
    expect(fileAsRoot.said).toMatch(/something on the way is no folder/);
    expect((await first.api.get("/_ping")).text).toBe("OK");
    await first.stop();
  }, 90_000);
});
