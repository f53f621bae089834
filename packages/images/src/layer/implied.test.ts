import { afterAll, expect, test } from "bun:test";
import { mkdirSync, mkdtempSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { openKernel } from "@berth/linux";
import { adoptParents } from "./implied.ts";
import type { AcquiredLayer } from "./unpacker.ts";

const folder = mkdtempSync(join(tmpdir(), "berth-implied-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const names = Array.from({ length: 4000 }, (_, each) => `d${each}`);
for (const layer of ["below", "above"]) for (const name of names) mkdirSync(join(folder, layer, name), { recursive: true });

function adopt(signal: AbortSignal | undefined): Promise<void> {
  const file = { path: "", sizeBytes: 0, digest: "" };
  const staged = { sizeBytes: 0, path: "", placed: null, users: 1 };
  const acquired = new Map<string, AcquiredLayer>([
    ["below", { diffId: "below", staged: { ...staged, diffId: "below", impliedDirectories: [] } }],
    ["above", { diffId: "above", staged: { ...staged, diffId: "above", impliedDirectories: names } }],
  ]);
  const unpacker = { directory: ({ diffId }: AcquiredLayer) => join(folder, diffId) } as Parameters<typeof adoptParents>[0]["unpacker"];
  const layers = ["below", "above"].map((diffId) => ({ diffId, file }));
  return adoptParents({ kernel: openKernel(), unpacker }, layers, { acquired, signal });
}

test("others have their turn while very many directories are adopted, and can end it", async () => {
  const stop = new AbortController();
  const adopting = adopt(stop.signal);
  setImmediate(() => stop.abort(new Error("the client has gone")));
  await expect(adopting).rejects.toThrow("the client has gone");
});

test("a directory that had no entry takes the mode of the layer below", async () => {
  rmSync(join(folder, "below/d1"), { recursive: true });
  mkdirSync(join(folder, "below/d1"), { mode: 0o700 });
  await adopt(undefined);
  expect(statSync(join(folder, "above/d1")).mode & 0o777).toBe(0o700);
  expect(statSync(join(folder, "above/d2")).mode & 0o777).toBe(0o755);
});
