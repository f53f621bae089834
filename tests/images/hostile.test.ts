// time limit: 5 minutes
import { afterAll, afterEach, beforeAll, describe, expect, test } from "bun:test";
import { existsSync, readdirSync } from "node:fs";
import { gzipSync, zstdCompressSync } from "node:zlib";
import {
  buildImage,
  device,
  directory,
  fifo,
  file,
  hardLink,
  link,
  readBusybox,
  sha256,
  tar,
  type TarEntry,
} from "../harness/busybox-image.ts";
import { exitCodeOf, openScene, type Scene, until } from "../harness/scene.ts";

let scene: Scene;
beforeAll(async () => {
  scene = await openScene("hostile");
}, 60_000);
afterEach(async () => {
  await scene.clear();
  await scene.unchanged();
  expect(readdirSync(`${scene.engine.dataRoot}/images/staging`)).toEqual([]);
}, 60_000);
afterAll(async () => {
  await scene[Symbol.asyncDispose]();
}, 30_000);

const marker = "/berth-hostile-marker";
const layerOf = (entries: readonly TarEntry[] | Buffer): Buffer => buildImage("evil:1", { layers: [entries] }).archive;

/** Asks the daemon all the time while `work` goes on; the longest answer. */
async function slowestPing(work: () => Promise<void>): Promise<number> {
  let over = false;
  let slowestMs = 0;
  const watch = (async (): Promise<void> => {
    while (!over) {
      const began = performance.now();
      expect((await scene.api.get("/_ping")).text).toBe("OK");
      slowestMs = Math.max(slowestMs, performance.now() - began);
      await Bun.sleep(10);
    }
  })();
  try {
    await work();
  } finally {
    over = true;
    await watch;
  }
  return slowestMs;
}

describe("layers that are refused", () => {
  test.each<[string, () => Buffer, RegExp]>([
    ["a path upwards", () => layerOf([file("../../../../../..".concat(marker), Buffer.from("x"))]), /is outside of the layer/],
    ["a path upwards in the middle", () => layerOf([file(`a/../../..${marker}`, Buffer.from("x"))]), /is outside of the layer/],
    ["a link upwards", () => layerOf([link("a", "../../etc")]), /invalid symlink/],
    ["a hard link out of the tree", () => layerOf([hardLink("a", "../../../etc/shadow")]), /is outside of the layer/],
    ["a hard link to the host", () => layerOf([hardLink("a", "/etc/shadow")]), /the target is not in the same layer/],
    ["a hard link through a link", () => layerOf([link("d", "/etc"), hardLink("a", "d/shadow")]), /the target is not in the same layer/],
    ["a character device", () => layerOf([device("dev/mem", "3", [1, 1])]), /is a device node/],
    ["a block device", () => layerOf([device("dev/sda", "4", [8, 0])]), /is a device node/],
    ["no tar at all", () => layerOf(Buffer.alloc(5000, "x")), /invalid tar header/],
    ["half a tar", () => layerOf(tar([file("a", Buffer.alloc(9000))]).subarray(0, 5000)), /unexpected EOF/],
    [
      "a size that is only claimed",
      () => {
        const whole = tar([file("a", Buffer.from("x"))]);
        whole.write("77777777777\0", 124);
        let sum = 0;
        whole.write("        ", 148);
        for (const byte of whole.subarray(0, 512)) sum += byte;
        whole.write(`${sum.toString(8).padStart(6, "0")}\0 `, 148);
        return layerOf(whole);
      },
      /unexpected EOF|no space left/,
    ],
    ["a root that is a link", () => layerOf([link(".", "/")]), /replaces the root directory/],
  ])(
    "%s",
    async (_, archive, words) => {
      expect(await scene.load(archive())).toMatch(words);
      expect(existsSync(marker)).toBe(false);
      expect((await scene.api.get("/images/evil:1/json")).status).toBe(404);
    },
    30_000,
  );

  test("what is absolute or goes through links lands inside", async () => {
    const entries = [link("out", "/"), file(`out${marker}`, Buffer.from("x")), file(marker, Buffer.from("y")), fifo("pipe")];
    expect(await scene.load(layerOf(entries))).toBe("Loaded image: evil:1");
    expect(existsSync(marker)).toBe(false);
  });
});

interface Files {
  readonly [name: string]: Buffer | string | object;
}

/** An archive of any files; objects are written as JSON. */
function archiveOf(files: Files): Buffer {
  return tar(
    Object.entries(files).map(([name, content]) =>
      file(name, Buffer.isBuffer(content) ? content : Buffer.from(typeof content === "string" ? content : JSON.stringify(content))),
    ),
  );
}

describe("archives that are refused", () => {
  const layer = tar([file("a", Buffer.from("a"))]);
  const config = { os: "linux", architecture: "amd64", rootfs: { type: "layers", diff_ids: [`sha256:${sha256(layer)}`] } };
  const item = { Config: "c.json", RepoTags: ["evil:1"], Layers: ["l.tar"] };
  const good = { "c.json": config, "l.tar": layer, "manifest.json": [item] };

  test("the pattern of all below is accepted as it is", async () => {
    expect(await scene.load(archiveOf(good))).toBe("Loaded image: evil:1");
  });

  test.each<[string, Files, RegExp]>([
    ["a wrong digest", { ...good, "l.tar": tar([file("a", Buffer.from("b"))]) }, /its tar has the digest sha256:/],
    ["no manifest", { "c.json": config, "l.tar": layer }, /does not contain a manifest.json/],
    ["a manifest of no JSON", { ...good, "manifest.json": "{" }, /failed to decode manifest.json/],
    ["a manifest that is an object", { ...good, "manifest.json": {} }, /failed to decode manifest.json/],
    ["a manifest that is null", { ...good, "manifest.json": "null" }, /manifest cannot be null/],
    ["a manifest of numbers", { ...good, "manifest.json": [1, 2] }, /failed to decode manifest.json/],
    [
      "a manifest of a hundred megabytes",
      { ...good, "manifest.json": Buffer.alloc(100 << 20, " ") },
      /manifest.json has 104857600 bytes, more than/,
    ],
    ["a manifest of deep nesting", { ...good, "manifest.json": "[".repeat(1_000_000) }, /failed to decode manifest.json/],
    ["no config", { "l.tar": layer, "manifest.json": [item] }, /"c.json" is missing/],
    ["no layer", { "c.json": config, "manifest.json": [item] }, /"l.tar" is missing/],
    ["a config upwards", { ...good, "manifest.json": [{ ...item, Config: "../../../etc/passwd" }] }, /is outside of|missing/],
    ["a layer upwards", { ...good, "manifest.json": [{ ...item, Layers: ["../../../etc/passwd"] }] }, /is outside of|missing/],
    ["a layer of the host", { ...good, "manifest.json": [{ ...item, Layers: ["/etc/passwd"] }] }, /missing/],
    ["more layers than the config has", { ...good, "manifest.json": [{ ...item, Layers: ["l.tar", "l.tar"] }] }, /layers length mismatch/],
    ["fewer layers than the config has", { ...good, "manifest.json": [{ ...item, Layers: [] }] }, /layers length mismatch/],
    ["a bad name", { ...good, "manifest.json": [{ ...item, RepoTags: ["../evil:1"] }] }, /invalid reference|invalid tag/],
    ["a name that is a number", { ...good, "manifest.json": [{ ...item, RepoTags: [1] }] }, /failed to decode manifest.json/],
    ["a name like an id", { ...good, "manifest.json": [{ ...item, RepoTags: ["sha256:1"] }] }, /ambiguous tag|invalid/],
    ["a config of a list", { ...good, "c.json": "[]" }, /invalid image config/],
    ["a config without a file system", { ...good, "c.json": { os: "linux" } }, /invalid image config: rootfs/],
    ["a config of another system", { ...good, "c.json": { ...config, os: "windows" } }, /cannot load windows image on linux/],
    ["a command that is a text", { ...good, "c.json": { ...config, config: { Cmd: "sh" } } }, /invalid image config: Cmd/],
    ["labels that are a list", { ...good, "c.json": { ...config, config: { Labels: [] } } }, /invalid image config: Labels/],
    [
      "digests that are none",
      { ...good, "c.json": { ...config, rootfs: { type: "layers", diff_ids: ["sha256:../../x"] } } },
      /invalid image config: rootfs.diff_ids/,
    ],
    ["a history of numbers", { ...good, "c.json": { ...config, history: [1] } }, /invalid image config: history/],
    [
      "six hundred layers",
      {
        ...good,
        "c.json": { ...config, rootfs: { type: "layers", diff_ids: Array.from({ length: 600 }, () => `sha256:${sha256(layer)}`) } },
      },
      /more than 500 layers/,
    ],
    ["two thousand images", { ...good, "manifest.json": Array.from({ length: 2000 }, () => item) }, /more than 1000 images/],
  ])(
    "%s",
    async (_, files, words) => {
      expect(await scene.load(archiveOf(files))).toMatch(words);
      expect((await scene.api.get("/images/evil:1/json")).status).toBe(404);
    },
    30_000,
  );

  test("entries of an archive that are no files, or lead out of it", async () => {
    const rest = Object.entries(good).map(([name, content]) =>
      file(name, Buffer.isBuffer(content) ? content : Buffer.from(JSON.stringify(content))),
    );
    for (const [entry, words] of [
      [device("dev", "3", [1, 3]), /is no file/],
      [fifo("pipe"), /is no file/],
      [link("l2", "/etc/passwd"), /invalid symlink/],
      [link("l2", "../../etc/passwd"), /is outside of/],
      [hardLink("l2", "../../etc/passwd"), /is outside of/],
      [file("../../evil", Buffer.from("x")), /is outside of/],
    ] as const) {
      expect(await scene.load(tar([entry, ...rest]))).toMatch(words);
    }
    // Links in circles lead nowhere.
    const circle = [link("l.tar", "m.tar"), link("m.tar", "l.tar"), ...rest.filter(({ name }) => name !== "l.tar")];
    expect(await scene.load(tar(circle))).toMatch(/"l.tar" is missing/);
  });

  test("of two manifests the last one counts, as a tar is read", async () => {
    const twice = tar([
      file("manifest.json", Buffer.from(JSON.stringify([{ ...item, RepoTags: ["evil:first"] }]))),
      file("c.json", Buffer.from(JSON.stringify(config))),
      file("l.tar", layer),
      file("manifest.json", Buffer.from(JSON.stringify([item]))),
    ]);
    expect(await scene.load(twice)).toBe("Loaded image: evil:1");
    expect((await scene.api.get("/images/evil:first/json")).status).toBe(404);
  });

  test("bytes that are no archive", async () => {
    for (const bytes of [
      Buffer.alloc(0),
      Buffer.from("x"),
      Buffer.alloc(10_000, "x"),
      Buffer.from([0x1f, 0x8b, 8, 0]),
      Buffer.from("28b52ffd", "hex"),
      Buffer.from("BZh9"),
      Buffer.from("fd377a585a00", "hex"),
      Buffer.alloc(1024),
    ]) {
      const said = await scene.load(bytes);
      expect(said).toMatch(/EOF|invalid tar header|damaged|does not contain a manifest.json|no program of that name/);
    }
  }, 30_000);
});

describe("cut archives", () => {
  test("cut at every place that could matter, plain and packed", async () => {
    const layers = [[directory("d/"), file("d/a", Buffer.alloc(3000, "a"))], [file("b", Buffer.alloc(700, "b"))]];
    const { archive } = buildImage("evil:1", { layers });
    const places = new Set<number>();
    for (let at = 0; at < archive.length; at += 512) for (const near of [-1, 0, 1, 100, 200]) places.add(at + near);
    for (const at of [...places].filter((place) => place > 0 && place < archive.length - 1024)) {
      const said = await scene.load(archive.subarray(0, at));
      // After the last file only the two blocks of zeros are missing: GNU tar and Docker take that as the end.
      if (said.startsWith("Loaded")) expect(at).toBeGreaterThanOrEqual(archive.length - 1024 - 512);
      else expect([at, said]).toEqual([at, expect.stringMatching(/EOF|missing|does not contain a manifest.json|failed to decode/)]);
      await scene.clear();
    }
    for (const packed of [gzipSync(archive), zstdCompressSync(archive)]) {
      for (let at = 1; at < packed.length - 1; at += Math.ceil(packed.length / 60)) {
        expect([at, await scene.load(packed.subarray(0, at))]).toEqual([
          at,
          expect.stringMatching(/EOF|damaged|invalid tar header|does not contain/),
        ]);
      }
      const broken = Buffer.from(packed);
      broken.writeUInt32BE(0xdeadbeef, Math.floor(packed.length / 2));
      expect(await scene.load(broken)).not.toStartWith("Loaded");
    }
  }, 120_000);
});

describe("bombs", () => {
  test("the daemon answers while it works on them, and nothing is left", async () => {
    const many = tar(Array.from({ length: 120_000 }, (_, at) => file(`f${at}`, Buffer.alloc(0))));
    const zeros = buildImage("zeros:1", { layers: [[file("zeros", Buffer.alloc(400 << 20))]] }).archive;
    const nested = gzipSync(gzipSync(gzipSync(buildImage("evil:1", { layers: [[]] }).archive)));
    const deep = buildImage("evil:1", { layers: [[directory(`${"a/".repeat(45)}`)]] }).archive;
    const slowestMs = await slowestPing(async () => {
      // More entries than an archive of images may have.
      expect(await scene.load(many)).toMatch(/more than 100000 entries/);
      expect(await scene.load(nested)).toMatch(/invalid tar header|EOF/);
      expect(await scene.load(gzipSync(zeros))).toBe("Loaded image: zeros:1");
      expect(await scene.load(deep)).toBe("Loaded image: evil:1");
      await scene.clear();
    });
    expect(slowestMs).toBeLessThan(2000);
  }, 120_000);

  test("a packed layer in a packed archive, each a thousand times its size", async () => {
    const layer = tar([file("zeros", Buffer.alloc(300 << 20))]);
    const config = JSON.stringify({
      os: "linux",
      architecture: "amd64",
      rootfs: { type: "layers", diff_ids: [`sha256:${sha256(layer)}`] },
    });
    const archive = archiveOf({
      "c.json": config,
      "l.tar": gzipSync(layer),
      "manifest.json": [{ Config: "c.json", RepoTags: ["evil:1"], Layers: ["l.tar"] }],
    });
    const slowestMs = await slowestPing(async () => {
      expect(await scene.load(gzipSync(archive))).toBe("Loaded image: evil:1");
    });
    expect(slowestMs).toBeLessThan(2000);
  }, 60_000);
});

describe("many layers", () => {
  test.each([127, 200])(
    "%d layers load and run",
    async (count) => {
      const layers = [
        readBusybox(),
        ...Array.from({ length: count - 1 }, (_, at) => [
          file(`layer-${at}`, Buffer.from(`${at}\n`)),
          file("last", Buffer.from(`${at}\n`)),
        ]),
      ];
      const { archive, id } = buildImage("deep:1", { layers });
      expect(await scene.load(archive)).toBe("Loaded image: deep:1");
      expect((await scene.api.get("/images/deep:1/json")).json<{ Id: string; RootFS: { Layers: string[] } }>()).toMatchObject({ Id: id });
      expect(
        (
          await scene.api.post("/containers/create?name=deep", {
            Image: "deep:1",
            Cmd: ["sh", "-c", `cat last; ls / | grep -c layer; cat layer-0 layer-${count - 2}`],
          })
        ).status,
      ).toBe(201);
      const started = await scene.api.post("/containers/deep/start");
      expect([started.status, started.text]).toEqual([204, ""]);
      expect(await exitCodeOf(scene.api, "deep")).toBe(0);
      expect((await scene.berth(["logs", "deep"])).stdout).toBe(`${count - 2}\n${count - 1}\n0\n${count - 2}\n`);
    },
    60_000,
  );
});

describe("at the same time", () => {
  test("the same archive ten times", async () => {
    const { archive, id } = buildImage("same:1", { layers: [readBusybox(), [file("x", Buffer.alloc(5 << 20, "x"))]] });
    const said = await Promise.all(Array.from({ length: 10 }, () => scene.load(archive)));
    expect(new Set(said)).toEqual(new Set(["Loaded image: same:1"]));
    expect((await scene.api.get("/images/same:1/json")).json<{ Id: string }>().Id).toBe(id);
    expect((await scene.berth(["run", "--rm", "same:1", "sh", "-c", "wc -c < /x"])).stdout.trim()).toBe(String(5 << 20));
  }, 60_000);

  test("removals while the same image is loaded and used", async () => {
    const { archive } = buildImage("same:1", { layers: [readBusybox(), [file("x", Buffer.alloc(1 << 20, "x"))]] });
    let over = false;
    const removing = (async (): Promise<void> => {
      while (!over) {
        const answer = await scene.api.delete("/images/same:1?force=1");
        expect([200, 404, 409]).toContain(answer.status);
        await Bun.sleep(5);
      }
    })();
    for (let round = 0; round < 15; round++) {
      const said = await Promise.all([scene.load(archive), scene.load(archive)]);
      expect(new Set(said)).toEqual(new Set(["Loaded image: same:1"]));
      const ran = await scene.berth(["run", "--rm", "same:1", "sh", "-c", "wc -c < /x"]);
      // Either the image is gone, or all of it is there.
      if (ran.code === 0) expect(ran.stdout.trim()).toBe(String(1 << 20));
      else expect(ran.stderr).toMatch(/No such image|cannot pull/);
    }
    over = true;
    await removing;
    await until(async () => (await scene.api.delete("/images/same:1?force=1")).status === 404, 5000, "the image stays");
  }, 120_000);

  test("a name that moves, conflicts of rmi", async () => {
    const first = buildImage("moves:1", { layers: [readBusybox()], config: { Labels: { n: "1" } } });
    const second = buildImage("moves:1", { layers: [readBusybox()], config: { Labels: { n: "2" } } });
    expect(await scene.load(first.archive)).toBe("Loaded image: moves:1");
    const moved = await scene.api.request("/images/load", {
      method: "POST",
      raw: second.archive,
      headers: { "Content-Type": "application/x-tar" },
    });
    expect(moved.text).toContain(`The image moves:1 already exists, renaming the old one with ID ${first.id} to empty string`);
    expect((await scene.api.post(`/images/${second.id}/tag?repo=other&tag=1`)).status).toBe(201);
    expect((await scene.api.post("/containers/create?name=user", { Image: "moves:1", Cmd: ["sleep", "100"] })).status).toBe(201);
    const byId = await scene.api.delete(`/images/${second.id}`);
    expect([byId.status, byId.json<{ message: string }>().message]).toEqual([
      409,
      expect.stringContaining("image is referenced in multiple repositories"),
    ]);
    expect((await scene.api.delete("/images/other:1")).status).toBe(200);
    const used = await scene.api.delete("/images/moves:1");
    expect([used.status, used.json<{ message: string }>().message]).toEqual([
      409,
      expect.stringContaining("is using its referenced image"),
    ]);
    expect((await scene.api.post("/containers/user/start")).status).toBe(204);
    const running = await scene.api.delete(`/images/${second.id}?force=1`);
    expect([running.status, running.json<{ message: string }>().message]).toEqual([
      409,
      expect.stringContaining("image is being used by running container"),
    ]);
    expect((await scene.api.delete("/containers/user?force=1")).status).toBe(204);
  }, 30_000);
});
