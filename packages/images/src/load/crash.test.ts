// slow
import { expect, test } from "bun:test";
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { makeDockerArchive, makeTar } from "../testing/archives.ts";
import { load, openTestStore } from "../testing/open-test-store.ts";

const layers = [makeTar([{ name: "a", type: "file", content: "a" }]), makeTar([{ name: "b", type: "file", content: "b" }])];
const archive = makeDockerArchive([{ layers, tags: ["a:1"] }]);
const script = join(import.meta.dir, "../testing/crash-child.ts");
const steps = ["stage", "receive", "unpack", "sync", "place-blobs", "place-layers", "commit"].map((step) => `load.${step}`);

test("these are all steps of a load", async () => {
  const seen = new Set<string>();
  await using t = await openTestStore({
    steps: {
      run: async (name, effect) => {
        seen.add(name);
        return effect();
      },
    },
  });
  await load(t.store, archive);
  expect([...seen]).toEqual(steps);
});

test.each(steps.flatMap((step) => ["before", "after"].map((when) => [when, step] as const)))(
  "a kill %s %s leaves all or nothing",
  async (when, step) => {
    const root = mkdtempSync(join(tmpdir(), "berth-crash-"));
    try {
      const file = join(root, "archive.tar");
      writeFileSync(file, archive);
      const child = Bun.spawn([process.execPath, script, root, file, step, when], { stdout: "ignore", stderr: "ignore" });
      await child.exited;
      expect(child.signalCode).toBe("SIGKILL");
      await using t = await openTestStore({ root });
      const images = await t.store.list({ all: true, filters: {}, sharedSize: false }, () => []);
      const done = step === "load.commit" && when === "after";
      expect(images.length).toBe(done ? 1 : 0);
      const count = (folder: string): number => readdirSync(join(root, "images", folder)).length;
      expect([count("staging"), count("layers"), count("blobs/sha256")]).toEqual(done ? [0, 2, 4] : [0, 0, 0]);
      expect(await load(t.store, archive)).toBe("Loaded image: a:1\n");
      expect(t.store.layerDirectories(t.store.resolve("a:1").id).length).toBe(2);
    } finally {
      rmSync(root, { recursive: true, force: true });
    }
  },
);

test("a full or read-only disk is told, and nothing is left", async () => {
  const root = mkdtempSync(join(tmpdir(), "berth-full-"));
  try {
    const child = Bun.spawn(
      ["unshare", "-m", "--propagation", "private", process.execPath, join(import.meta.dir, "../testing/full-disk-child.ts"), root],
      {
        stdout: "pipe",
        stderr: "inherit",
      },
    );
    const result = JSON.parse(await new Response(child.stdout).text()) as Record<string, unknown>;
    expect(result).toMatchObject({ left: [], fits: "fulfilled" });
    expect(result["archiveFull"]).toContain("no space left on device");
    expect(result["layerFull"]).toMatch(/ENOSPC|no space left on device/);
    expect(result["readOnly"]).toMatch(/EROFS|read-only file system/i);
    // The database's log may have grown.
    expect(result["lost"] as number).toBeLessThan(500_000);
  } finally {
    rmSync(root, { recursive: true, force: true });
  }
}, 20_000);
