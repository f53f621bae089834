// time limit: 5 minutes
import { afterAll, afterEach, beforeAll, describe, expect, test } from "bun:test";
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { gzipSync, zstdCompressSync } from "node:zlib";
import { buildImage, directory, file, link, readBusybox } from "../harness/busybox-image.ts";
import { berthCommand, dockerdPath, loadImage, startDocker } from "../harness/engines.ts";
import { run } from "../harness/sandbox.ts";
import { openScene, type Scene, wordsOf } from "../harness/scene.ts";

/** Where a program is, null when it is not installed (`make test PEERS=1` installs them all). */
const programAt = (name: string): string | null =>
  ["/usr/bin", "/usr/sbin", "/usr/local/bin"].map((folder) => `${folder}/${name}`).find((path) => existsSync(path)) ?? null;
const skopeo = programAt("skopeo");
const podman = programAt("podman");

let scene: Scene;
let folder: string;
const sample = buildImage("sample:1", {
  layers: [readBusybox(), [directory("srv/"), file("srv/text", Buffer.from("second layer\n"), 0o640), link("srv/short", "text")]],
  config: { Labels: { of: "peers" }, Entrypoint: ["/bin/sh", "-c"], Cmd: ["cat /srv/text"] },
});

beforeAll(async () => {
  scene = await openScene("peers");
  folder = `${scene.sandbox.folder}/exchange`;
  mkdirSync(folder);
}, 60_000);
afterEach(async () => {
  await scene.clear();
  await scene.unchanged();
  rmSync(folder, { recursive: true });
  mkdirSync(folder);
}, 60_000);
afterAll(async () => {
  await scene[Symbol.asyncDispose]();
}, 30_000);

async function save(name: string): Promise<Buffer> {
  const answer = await scene.api.get(`/images/${encodeURIComponent(name)}/get`);
  expect(answer.status).toBe(200);
  return answer.body;
}

const imageOf = async (name: string): Promise<{ Id: string; Descriptor?: { digest: string }; RootFS: { Layers: string[] } }> =>
  (await scene.api.get(`/images/${encodeURIComponent(name)}/json`)).json();

async function runs(name: string): Promise<void> {
  const ran = await scene.berth(["run", "--rm", name]);
  expect([ran.code, ran.stdout, ran.stderr]).toEqual([0, "second layer\n", ""]);
}

async function succeeds(command: readonly string[]): Promise<string> {
  const { code, stdout, stderr } = await scene.sandbox.run(command, { env: { TMPDIR: folder, HOME: folder } });
  expect([command.slice(0, 3).join(" "), code, code === 0 ? "" : stderr]).toEqual([command.slice(0, 3).join(" "), 0, ""]);
  return stdout;
}

test("packed archives", async () => {
  for (const packed of [gzipSync(sample.archive), zstdCompressSync(sample.archive)]) {
    expect(await scene.load(packed)).toBe("Loaded image: sample:1");
    await runs("sample:1");
    await scene.clear();
  }
}, 30_000);

test("what was saved is loaded again with the same ids and bytes", async () => {
  await scene.load(sample.archive);
  const before = await imageOf("sample:1");
  const saved = await save("sample:1");
  await scene.clear();
  expect(await scene.load(saved)).toBe("Loaded image: sample:1");
  expect(await imageOf("sample:1")).toMatchObject({ Id: sample.id, RootFS: before.RootFS });
  expect((await save("sample:1")).equals(saved)).toBe(true);
  await runs("sample:1");
}, 30_000);

test("import with changes, by the API and the CLI", async () => {
  const root = `${folder}/root.tar`;
  await succeeds([
    "sh",
    "-c",
    `mkdir ${folder}/r && echo imported > ${folder}/r/f && cp /bin/busybox ${folder}/r/cat && tar -C ${folder}/r -cf ${root} .`,
  ]);
  const made = await scene.berth([
    "import",
    "-c",
    'CMD ["/cat", "/f"]',
    "-c",
    "ENV A=b",
    "-c",
    "WORKDIR /w",
    "-c",
    "EXPOSE 80",
    "-m",
    "words",
    root,
    "imported:1",
  ]);
  expect([made.code, made.stdout.trim()]).toEqual([0, expect.stringMatching(/^sha256:[0-9a-f]{64}$/)]);
  const image = (await scene.api.get("/images/imported:1/json")).json<{ Config: object; Comment: string }>();
  expect(image).toMatchObject({
    Comment: "words",
    Config: { Cmd: ["/cat", "/f"], Env: ["A=b"], WorkingDir: "/w", ExposedPorts: { "80/tcp": {} } },
  });
  expect((await scene.berth(["run", "--rm", "imported:1"])).stdout).toBe("imported\n");
  const bad = await scene.api.request("/images/create?fromSrc=-&repo=bad&changes=NOPE", { method: "POST", raw: readFileSync(root) });
  expect([bad.status, wordsOf(bad)]).toEqual([400, expect.stringMatching(/NOPE|unknown instruction/i)]);
  const reference = await scene.api.request("/images/create?fromSrc=-&repo=../bad", { method: "POST", raw: readFileSync(root) });
  expect(reference.status).toBe(400);
}, 30_000);

// dockerd is not installed everywhere; make test PEERS=1 installs it.
describe.skipIf(dockerdPath() === null)("Docker", () => {
  test("docker save → load → run, and save → docker load with the same id", async () => {
    const docker = await startDocker(scene.sandbox);
    try {
      await loadImage(docker, sample.archive);
      const saved = await docker.api.get("/images/sample:1/get");
      expect(await scene.load(saved.body)).toBe("Loaded image: sample:1");
      expect((await imageOf("sample:1")).Id).toBe(sample.id);
      await runs("sample:1");
      const ours = await save("sample:1");
      expect((await docker.api.delete("/images/sample:1?force=1")).status).toBe(200);
      await loadImage(docker, ours);
      const back = (await docker.api.get("/images/sample:1/json")).json<{ Id: string; RootFS: { Layers: string[] } }>();
      expect(back).toMatchObject({ Id: sample.id, RootFS: (await imageOf("sample:1")).RootFS });
    } finally {
      await docker.stop();
    }
    await scene.sandbox.run(["ip", "link", "del", "docker0"]);
  }, 120_000);
});

// skopeo is not installed everywhere; make test PEERS=1 installs it.
describe.skipIf(skopeo === null)("skopeo", () => {
  const program = skopeo ?? "";
  const lax = ["--insecure-policy"];

  test("reads what is saved, as docker-archive and as oci-archive, with the same digests", async () => {
    await scene.load(sample.archive);
    const { Descriptor } = await imageOf("sample:1");
    writeFileSync(`${folder}/saved.tar`, await save("sample:1"));
    const config = JSON.parse(
      await succeeds([program, ...lax, "inspect", "--config", "--raw", `docker-archive:${folder}/saved.tar:sample:1`]),
    ) as object;
    expect(config).toMatchObject({ config: { Labels: { of: "peers" } } });
    const oci = JSON.parse(await succeeds([program, ...lax, "inspect", `oci-archive:${folder}/saved.tar`])) as { Digest: string };
    if (Descriptor !== undefined) expect(oci.Digest).toBe(Descriptor.digest);
    await succeeds([program, ...lax, "copy", "--preserve-digests", `oci-archive:${folder}/saved.tar`, `oci:${folder}/layout:1`]);
    const index = JSON.parse(readFileSync(`${folder}/layout/index.json`, "utf8")) as { manifests: { digest: string }[] };
    expect(index.manifests[0]?.digest).toBe(oci.Digest);
  }, 60_000);

  test("what it copies is loaded: docker-archive and oci-archive", async () => {
    writeFileSync(`${folder}/sample.tar`, sample.archive);
    await succeeds([program, ...lax, "copy", `docker-archive:${folder}/sample.tar:sample:1`, `docker-archive:${folder}/copy.tar:sample:1`]);
    expect(await scene.load(readFileSync(`${folder}/copy.tar`))).toBe("Loaded image: sample:1");
    expect((await imageOf("sample:1")).Id).toBe(sample.id);
    await runs("sample:1");
    await scene.clear();
    await succeeds([program, ...lax, "copy", `docker-archive:${folder}/sample.tar:sample:1`, `oci-archive:${folder}/oci.tar:sample:1`]);
    expect(await scene.load(readFileSync(`${folder}/oci.tar`))).toMatch(/^Loaded image/);
    const [image] = (await scene.api.get("/images/json?all=1")).json<{ Id: string }[]>().filter(({ Id }) => Id !== scene.image.id);
    const inspected = JSON.parse(await succeeds([program, ...lax, "inspect", `oci-archive:${folder}/oci.tar`])) as { Digest: string };
    const loaded = await imageOf(image?.Id ?? "");
    if (loaded.Descriptor !== undefined) expect(loaded.Descriptor.digest).toBe(inspected.Digest);
    await runs(image?.Id ?? "");
    writeFileSync(`${folder}/again.tar`, await save(image?.Id ?? ""));
    const again = JSON.parse(await succeeds([program, ...lax, "inspect", `oci-archive:${folder}/again.tar`])) as { Digest: string };
    expect(again.Digest).toBe(inspected.Digest);
  }, 60_000);
});

// podman is not installed everywhere; make test PEERS=1 installs it.
describe.skipIf(podman === null)("podman", () => {
  test("loads what is saved, with the same id; what it saves is loaded", async () => {
    await scene.load(sample.archive);
    writeFileSync(`${folder}/saved.tar`, await save("sample:1"));
    const own = [podman ?? "", "--root", `${folder}/root`, "--runroot", `${folder}/run`, "--storage-driver", "vfs"];
    expect(await succeeds([...own, "load", "-i", `${folder}/saved.tar`])).toContain("sample:1");
    const id = (await succeeds([...own, "images", "--no-trunc", "--format", "{{.ID}}"])).trim();
    expect(id).toBe(sample.id);
    await scene.clear();
    for (const format of ["docker-archive", "oci-archive"]) {
      await succeeds([...own, "save", "--format", format, "-o", `${folder}/${format}.tar`, "sample:1"]);
      expect(await scene.load(readFileSync(`${folder}/${format}.tar`))).toMatch(/^Loaded image/);
      const [image] = (await scene.api.get("/images/json?all=1")).json<{ Id: string }[]>().filter(({ Id }) => Id !== scene.image.id);
      await runs(image?.Id ?? "");
      await scene.clear();
    }
  }, 120_000);
});

describe("starter images", () => {
  test("berth image bootstrap busybox", async () => {
    const made = await scene.berth(["image", "bootstrap", "busybox"], { env: { TMPDIR: folder } });
    expect([made.code, made.stderr]).toEqual([0, expect.any(String)]);
    const ran = await scene.berth(["run", "--rm", "busybox", "sh", "-c", "echo from busybox; id -u; ls /etc/passwd"]);
    expect([ran.code, ran.stdout]).toEqual([0, "from busybox\n0\n/etc/passwd\n"]);
    // The name comes back to the image that the other tests know.
    await scene.load(scene.image.archive);
  }, 60_000);

  // Needs a Debian mirror and a minute or two.
  test.skipIf(process.env["BERTH_BOOTSTRAP_DEBIAN"] === undefined)(
    "berth image bootstrap debian",
    async () => {
      const made = await run([berthCommand(), "-H", `unix://${scene.engine.socket}`, "image", "bootstrap", "debian"], {
        timeoutMs: 540_000,
      });
      expect([made.code, made.code === 0 ? "" : made.stderr]).toEqual([0, ""]);
      const ran = await scene.berth([
        "run",
        "--rm",
        "debian",
        "bash",
        "-c",
        "ps -o comm= -p 1; apt --version; . /etc/os-release; echo $ID",
      ]);
      expect([ran.code, ran.stdout]).toEqual([0, expect.stringMatching(/^bash\napt \d.*\ndebian\n$/)]);
    },
    600_000,
  );
});
