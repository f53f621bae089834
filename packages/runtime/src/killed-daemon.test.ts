import { afterAll, beforeAll, expect, test } from "bun:test";
import { writeFileSync } from "node:fs";
import path from "node:path";
import { newId } from "@berth/base";
import { spawnChild } from "@berth/linux";
import { readPid } from "./conmon/spawn.ts";
import { bundleFiles, layoutOf } from "./layout.ts";
import { findProcesses } from "./oci/stray.ts";
import { runningStat } from "./process-stat.ts";
import { openSandbox, type Sandbox } from "./testing/sandbox.ts";

let box: Sandbox;
beforeAll(async () => {
  box = await openSandbox();
});
afterAll(() => box.close());

const steps = ["start.write-spec", "start.spawn-monitor", "start.release-monitor", "start.await-created", "start.open-fifo"];
const cases = steps.flatMap((step) => ["before", "after"].map((when) => ({ step, when })));

/** Starts a container in another process that is killed on the way. */
async function killAt(step: string, when: string): Promise<string> {
  const id = newId();
  const file = path.join(box.folder, `${id}.json`);
  writeFileSync(file, JSON.stringify(box.options(id, { config: { Cmd: ["sleep", "1000"] } })));
  const monitors = `${box.request("", {}).cgroupPath}monitors`;
  const program = path.join(import.meta.dir, "testing/killed-daemon.ts");
  const daemon = spawnChild([process.execPath, program, path.join(box.folder, "run"), monitors, file, step, when], {
    stdio: ["ignore", "inherit", "inherit"],
  });
  await daemon.exited;
  expect(daemon.signalCode).toBe("SIGKILL");
  return id;
}

async function expectNothing(id: string): Promise<void> {
  const layout = layoutOf(path.join(box.folder, "run"));
  expect(findProcesses(layout).filter((each) => each.id === id)).toEqual([]);
  expect(box.cgroups.processes(box.request(id, {}).cgroupPath)).toEqual([]);
  expect(await box.runtime.known()).not.toContain(id);
}

test.each(cases)("killed $when $step: removed at once, nothing comes back", async ({ step, when }) => {
  const id = await killAt(step, when);
  await box.runtime.delete(id);
  await expectNothing(id);
  await Bun.sleep(100);
  await expectNothing(id);
});

// The monitor makes the container, finds nobody to tell its pid, and gives up.
test.each(cases.filter(({ step, when }) => `${when} ${step}` === "before start.await-created" || step === "start.release-monitor"))(
  "killed $when $step: the container that the monitor leaves is known and goes",
  async ({ step, when }) => {
    const id = await killAt(step, when);
    const files = bundleFiles(layoutOf(path.join(box.folder, "run")), id);
    while (readPid(files.pid) === null || runningStat(readPid(files.monitorPid) ?? 0) !== null) await Bun.sleep(5);
    expect(box.cgroups.processes(box.request(id, {}).cgroupPath)).toHaveLength(1);
    const second = await box.reopen();
    expect(second.find(id)).toBe(null);
    expect(await second.known()).toContain(id);
    await second.delete(id);
    await expectNothing(id);
  },
);

// From its answer on the container lives without the daemon.
test.each(cases.slice(cases.findIndex(({ step, when }) => step === "start.await-created" && when === "after")))(
  "killed $when $step: the container is found again",
  async ({ step, when }) => {
    const id = await killAt(step, when);
    const found = box.runtime.find(id);
    expect(found).not.toBe(null);
    expect(await box.runtime.known()).toContain(id);
    const second = await box.reopen();
    if (step !== "start.open-fifo" || when === "before") await second.start(id);
    const exit = box.exit(id);
    box.kernel.kill(found?.pid ?? 0, 9);
    expect((await exit).exitCode).toBe(137);
    await second.delete(id);
    await expectNothing(id);
  },
);
