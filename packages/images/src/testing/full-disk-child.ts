import { execFileSync } from "node:child_process";
import { readdirSync, statfsSync } from "node:fs";
import { join } from "node:path";
import { defaultStoreLimits } from "../limits.ts";
import { makeDockerArchive, makeTar } from "./archives.ts";
import { load, openTestStore, refusalOf } from "./open-test-store.ts";

/**
 * Runs in a mount namespace of its own (`unshare -m`): a small file system becomes full, then read-only. Prints what
 * loads were refused with, and what was left, as JSON.
 */
const [root = ""] = process.argv.slice(2);
execFileSync("mount", ["-t", "tmpfs", "-o", "size=12m", "none", root]);
const limits = { ...defaultStoreLimits, layer: { ...defaultStoreLimits.layer, reserveBytes: 0 } };
const t = await openTestStore({ root, limits });
const free = (): number => statfsSync(root).bavail * statfsSync(root).bsize;
const before = free();
const zeros = (megabytes: number): Buffer => makeTar([{ name: "zeros", type: "file", content: Buffer.alloc(megabytes << 20) }]);
const archiveFull = await refusalOf(load(t.store, makeDockerArchive([{ layers: [zeros(16)], tags: ["a:1"] }])));
const layerFull = await refusalOf(load(t.store, makeDockerArchive([{ layers: [zeros(7)], tags: ["a:1"] }])));
const left = ["layers", "blobs/sha256", "staging"].flatMap((folder) => readdirSync(join(root, "images", folder)));
const lost = before - free();
const fits = await refusalOf(load(t.store, makeDockerArchive([{ layers: [zeros(1)], tags: ["a:1"] }])));
// The database stays writable: it is open, and what is looked at is the store's own folders.
const images = join(root, "images");
execFileSync("mount", ["--bind", images, images]);
execFileSync("mount", ["-o", "remount,bind,ro", images]);
const readOnly = await refusalOf(load(t.store, makeDockerArchive([{ layers: [zeros(2)], tags: ["b:1"] }])));
process.stdout.write(JSON.stringify({ archiveFull, layerFull, left, lost, fits, readOnly }));
process.exit(0);
