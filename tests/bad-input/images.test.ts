// time limit: 3 minutes
import { afterAll, afterEach, beforeAll, describe, expect, test } from "bun:test";
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { buildImage, directory, fifo, file, link, readBusybox, type TarEntry } from "../harness/busybox-image.ts";
import { exitCodeOf, openScene, refusal, type Scene } from "../harness/scene.ts";

let scene: Scene;
/** A folder of the host that images try to reach. */
let outside: string;
beforeAll(async () => {
  scene = await openScene("images");
  outside = `${scene.sandbox.folder}/outside`;
  mkdirSync(outside);
  writeFileSync(`${outside}/secret`, "root:x:0:0:root:/root:/bin/sh\nhostuser:x:4242:4242::/:/bin/sh\n");
}, 60_000);
afterEach(async () => {
  await scene.clear();
  await scene.unchanged();
  expect(readdirSync(outside)).toEqual(["secret"]);
}, 60_000);
afterAll(async () => {
  await scene[Symbol.asyncDispose]();
}, 30_000);

/** An image of busybox with more entries over it. */
async function loadWith(entries: readonly TarEntry[], config: Readonly<Record<string, unknown>> = {}): Promise<string> {
  const image = buildImage("evil:1", { layers: [readBusybox(), entries], config });
  return scene.load(image.archive);
}

interface Outcome {
  readonly refused: [number, string] | null;
  readonly code: number;
  readonly output: string;
}

async function runOf(body: object): Promise<Outcome> {
  const made = await scene.api.post("/containers/create?name=evil", { Image: "evil:1", ...body });
  if (made.status !== 201) return { refused: refusal(made), code: -1, output: "" };
  const started = await scene.api.post("/containers/evil/start");
  if (started.status !== 204) return { refused: refusal(started), code: -1, output: "" };
  const code = await exitCodeOf(scene.api, "evil");
  const { stdout, stderr } = await scene.berth(["logs", "evil"]);
  return { refused: null, code, output: stdout + stderr };
}

describe("mount points behind links of the image", () => {
  test.each<[string, () => readonly TarEntry[], string]>([
    ["a link to the root", () => [link("mnt", "/")], "/mnt/made"],
    ["a link upwards", () => [link("mnt", "../../../../../..")], "/mnt/made"],
    ["a link to the host's folder", () => [link("mnt", outside)], "/mnt/made"],
    ["a link of links", () => [link("a", "/b"), link("b", "../../c"), link("c", outside), link("mnt", "a")], "/mnt/made"],
    ["the mount point itself a link", () => [link("mnt", outside)], "/mnt"],
    ["a link into /proc", () => [link("mnt", "/proc/self/root")], "/mnt/made"],
    ["a link into /proc of the first process", () => [link("mnt", "/proc/1/root/tmp")], "/mnt/made"],
    ["a link to itself", () => [link("mnt", "mnt")], "/mnt/made"],
    ["a link that leads nowhere", () => [link("mnt", "nowhere")], "/mnt"],
  ])(
    "%s",
    async (_, entries, target) => {
      const said = await loadWith(entries());
      if (!said.startsWith("Loaded")) {
        // A link that leads out of the tree may be refused as a whole.
        expect(said).toMatch(/invalid symlink/);
        return;
      }
      const source = `${scene.sandbox.folder}/source`;
      mkdirSync(source, { recursive: true });
      writeFileSync(`${source}/f`, "mounted\n");
      for (const more of [{ Binds: [`${source}:${target}`] }, { Binds: [`vol:${target}`] }, { Tmpfs: { [target]: "" } }]) {
        const { refused, output } = await runOf({ Cmd: ["sh", "-c", `ls ${target}; cat ${target}/f 2>/dev/null; true`], HostConfig: more });
        if (refused !== null)
          expect(refused[1]).toMatch(/link|ELOOP|[Tt]oo many levels|no such file|Permission denied|cannot be made|Not a directory/i);
        else if ("Binds" in more && more.Binds[0]?.startsWith("/") === true) expect(output).toContain("mounted");
        expect(existsSync("/made")).toBe(false);
        expect(readdirSync(outside)).toEqual(["secret"]);
        await scene.sandbox.run(["sh", "-c", "true"]);
        expect((await scene.api.delete("/containers/evil?force=1&v=1")).status).toBe(204);
      }
      rmSync(source, { recursive: true });
      rmSync(`${scene.engine.dataRoot}/volumes/vol`, { recursive: true, force: true });
    },
    30_000,
  );

  test("the engine's own files: /etc and its files as links", async () => {
    for (const entries of [
      [link("etc/hosts", `${outside}/secret`)],
      [link("etc/hosts", "../../../../../../../../etc/hosts")],
      [link("etc/resolv.conf", "/run/nowhere/resolv.conf"), link("etc/hostname", "/etc/hostname")],
      [directory("etc/hosts/")],
      [fifo("etc/hosts"), fifo("etc/resolv.conf")],
      [link(".dockerenv", `${outside}/made`)],
      [link("dev", outside)],
      [link("proc", "/"), link("sys", "/")],
    ]) {
      const said = await loadWith(entries);
      if (said.startsWith("Loaded")) {
        const began = performance.now();
        const { refused, output } = await runOf({ Cmd: ["cat", "/etc/hosts"] });
        expect(performance.now() - began).toBeLessThan(10_000);
        if (refused !== null) expect(refused[1].length).toBeGreaterThan(10);
        expect(output).not.toContain("hostuser");
      } else expect(said).toMatch(/invalid symlink/);
      expect(readdirSync(outside)).toEqual(["secret"]);
      expect(readFileSync(`${outside}/secret`, "utf8")).toStartWith("root:");
      await scene.clear();
    }
  }, 60_000);

  test("the working directory behind a link, and one that is a file", async () => {
    for (const [entries, WorkingDir] of [
      [[link("work", outside)], "/work/made"],
      [[link("work", "/")], "/work/made"],
      [[link("work", "../../../..")], "/work"],
      [[link("work", "nowhere")], "/work"],
      [[file("work", Buffer.from("x"))], "/work"],
      [[], "/../../../made"],
    ] as const) {
      const said = await loadWith(entries, { WorkingDir });
      if (said.startsWith("Loaded")) {
        const { refused, code } = await runOf({ Cmd: ["pwd"] });
        if (refused === null) expect(code).toBe(0);
        else expect(refused[1]).toMatch(/link|not a directory|no such file|cannot be made/i);
      }
      expect(existsSync("/made")).toBe(false);
      expect(readdirSync(outside)).toEqual(["secret"]);
      await scene.clear();
    }
  }, 60_000);

  test("a volume's first content is never taken from outside", async () => {
    const said = await loadWith([link("data", outside)], { Volumes: { "/data": {} } });
    if (!said.startsWith("Loaded")) return;
    const { output } = await runOf({ Cmd: ["sh", "-c", "cat /data/* 2>&1; ls -la /data/"] });
    expect(output).not.toContain("hostuser");
  });
});

describe("/etc/passwd and /etc/group of the image", () => {
  test.each<[string, () => readonly TarEntry[]]>([
    ["a link to the host", () => [link("etc/passwd", `${outside}/secret`)]],
    ["a link upwards", () => [link("etc/passwd", `../../../../../../../..${outside}/secret`)]],
    ["a FIFO", () => [fifo("etc/passwd"), fifo("etc/group")]],
    ["a directory", () => [directory("etc/passwd/")]],
    ["a link into /proc", () => [link("etc/passwd", "/proc/self/mem")]],
    ["a link to itself", () => [link("etc/passwd", "passwd")]],
    ["sixty megabytes without a line end", () => [file("etc/passwd", Buffer.alloc(60 << 20, 0x61))]],
    ["sixty megabytes of lines", () => [file("etc/passwd", Buffer.alloc(60 << 20, "a:x:1:1::/:/\n"))]],
    [
      "sixty megabytes of line ends",
      () => [file("etc/passwd", Buffer.alloc(60 << 20, 0x0a)), file("etc/group", Buffer.alloc(60 << 20, 0x0a))],
    ],
    ["four megabytes of lines", () => [file("etc/passwd", Buffer.alloc(4_000_000, "a:x:1:1::/:/\n"))]],
    ["zeros and bytes that are no text", () => [file("etc/passwd", Buffer.concat([Buffer.alloc(1000), Buffer.alloc(1000, 0xff)]))]],
  ])(
    "%s",
    async (name, entries) => {
      const said = await loadWith(entries());
      if (!said.startsWith("Loaded")) {
        expect(said).toMatch(/invalid symlink/);
        return;
      }
      let slowestMs = 0;
      let over = false;
      const watch = (async (): Promise<void> => {
        while (!over) {
          const began = performance.now();
          await scene.api.get("/_ping");
          slowestMs = Math.max(slowestMs, performance.now() - began);
          await Bun.sleep(20);
        }
      })();
      const named = await runOf({ Cmd: ["id"], User: "hostuser" });
      over = true;
      await watch;
      expect(slowestMs).toBeLessThan(1000);
      const large = "/etc/passwd of the container is larger than 4194304 bytes";
      const tooLarge = name.startsWith("sixty");
      expect(named.refused).toEqual([400, tooLarge ? large : "unable to find user hostuser: no matching entries in passwd file"]);
      await scene.api.delete("/containers/evil?force=1");
      const numeric = await runOf({ Cmd: ["grep", "^Uid:", "/proc/self/status"], User: "4242" });
      if (tooLarge) expect(numeric.refused).toEqual([400, large]);
      else expect([numeric.refused, numeric.output]).toEqual([null, "Uid:\t4242\t4242\t4242\t4242\n"]);
    },
    60_000,
  );
});

describe("values of the image's config", () => {
  test.each<[string, object, RegExp | null]>([
    ["a user that does not exist", { User: "nobodyatall" }, /unable to find user nobodyatall/],
    ["a user with a NUL", { User: "a\0b" }, /NUL/],
    ["an environment with a NUL", { Env: ["A=b\0c"] }, /NUL/],
    ["an environment without names", { Env: ["=", ""] }, /invalid environment variable/],
    ["a command with a NUL", { Cmd: ["true\0"] }, /NUL/],
    ["a relative working directory", { WorkingDir: "a/b" }, /absolute path/],
    ["a signal that does not exist", { StopSignal: "SIGNOPE" }, /Invalid signal: SIGNOPE/],
    ["a volume at the root", { Volumes: { "/": {} } }, /destination can't be '\/'/],
    ["a relative volume", { Volumes: { a: {} } }, /absolute/],
    ["a volume upwards", { Volumes: { "/../../../made": {} } }, null],
    ["a port that is none", { ExposedPorts: { "99999999/tcp": {} } }, /[Ii]nvalid port/],
    ["a port of words", { ExposedPorts: { "a/b/c": {} } }, /[Ii]nvalid port/],
    ["a hostname", { Hostname: "a\nb" }, null],
    ["names of JavaScript", { Labels: JSON.parse('{"__proto__":"x"}') as object, __proto__: { Tty: true } }, null],
    ["no command", { Cmd: null, Entrypoint: null }, /[Nn]o command specified/],
    ["an empty command", { Cmd: [""], Entrypoint: null }, /executable file not found|no such file|command/i],
  ])(
    "%s",
    async (_, config, words) => {
      const said = await loadWith([], config as Record<string, unknown>);
      if (!said.startsWith("Loaded")) {
        expect(said).toMatch(/invalid image config/);
        return;
      }
      const ran = await runOf("Cmd" in config ? {} : { Cmd: ["true"] });
      if (words === null) expect([ran.refused, ran.code]).toEqual([null, 0]);
      else {
        expect(ran.refused?.[0]).toBe(400);
        expect(ran.refused?.[1]).toMatch(words);
      }
      expect(existsSync("/made")).toBe(false);
      expect((await scene.api.get("/images/evil:1/json")).status).toBe(200);
      expect((await scene.api.get("/images/json")).status).toBe(200);
      expect((await scene.berth(["images"])).code).toBe(0);
      expect((await scene.berth(["history", "evil:1"])).code).toBe(0);
    },
    30_000,
  );
});
