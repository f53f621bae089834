import { expect, test } from "bun:test";
import { existsSync } from "node:fs";
import { silentLogger } from "@berth/base";
import { openKernel, spawnChild } from "@berth/linux";
import { OrphanReaper } from "./orphan-reaper.ts";

test("a dead child of a dead child is reaped; the daemon's own children keep their exit codes", async () => {
  const kernel = openKernel();
  const reaper = new OrphanReaper({ kernel, log: silentLogger() });
  try {
    const parent = Bun.spawnSync(["sh", "-c", "sleep 0.05 >/dev/null 2>&1 & echo $!"]);
    const orphan = Number(parent.stdout.toString());
    expect(orphan).toBeGreaterThan(1);
    const own = spawnChild(["sh", "-c", "sleep 0.2; exit 7"]);
    // What other tests left in this process comes first.
    for (let left = 500; left > 0 && existsSync(`/proc/${orphan}`); left--) await Bun.sleep(20);
    expect(existsSync(`/proc/${orphan}`)).toBe(false);
    expect(await own.exited).toBe(7);
  } finally {
    reaper.close();
    kernel.prctlChildSubreaper(false);
  }
});

test("a child that is waited for is left alone, however late its end is noticed", async () => {
  const kernel = openKernel();
  const reaper = new OrphanReaper({ kernel, log: silentLogger() });
  try {
    const own = spawnChild(["sh", "-c", "exit 7"]);
    // Nothing but the reaper runs until the child has been dead for several looks.
    while (kernel.endedChild() === null) Bun.sleepSync(1);
    for (let looks = 0; looks < 5; looks++) reaper.look();
    expect(kernel.endedChild()).not.toBeNull();
    expect(await own.exited).toBe(7);
  } finally {
    reaper.close();
    kernel.prctlChildSubreaper(false);
  }
});
