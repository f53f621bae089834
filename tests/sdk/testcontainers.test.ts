import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { execFileSync } from "node:child_process";
import { mkdirSync } from "node:fs";
import path from "node:path";
import { buildBusyboxImage } from "../harness/busybox-image.ts";
import { loadImage, type RunningEngine, startBerth } from "../harness/engines.ts";
import { openSandbox, type Sandbox, until } from "../harness/sandbox.ts";
import { buildReaperImage } from "./testcontainers/images.ts";

/** Testcontainers for Node, unmodified. Its image for the reaper is ours, named by its own variable. */
const reaperImage = "stand-in/ryuk:1";

interface Listed {
  readonly Id: string;
  readonly Image: string;
  readonly Labels: Readonly<Record<string, string>>;
}

/** Its own client needs Node 20.18; on an older one the pinned Bun runs it. */
function runtime(): { readonly name: string; readonly command: readonly string[] } {
  const node = Bun.which("node", { PATH: "/usr/local/bin:/usr/bin:/bin" });
  const version = node === null ? "" : execFileSync(node, ["--version"], { encoding: "utf8" });
  const [major = 0, minor = 0] = version.replace("v", "").split(".").map(Number);
  const fits = node !== null && (major > 20 || (major === 20 && minor >= 18));
  return fits ? { name: `Node ${version.trim()}`, command: [node] } : { name: `Bun ${Bun.version}`, command: [process.execPath] };
}

describe("Testcontainers", () => {
  const { name, command } = runtime();
  let sandbox: Sandbox;
  let engine: RunningEngine;
  let program: string;

  beforeAll(async () => {
    sandbox = await openSandbox("testcontainers");
    engine = await startBerth(sandbox);
    await loadImage(engine, buildBusyboxImage("busybox:latest").archive);
    await loadImage(engine, buildReaperImage(reaperImage).archive);
    const built = await Bun.build({
      entrypoints: [path.join(import.meta.dir, "testcontainers/scenario.ts")],
      target: "node",
      format: "esm",
      external: ["testcontainers"],
    });
    // Beside this file, so that its import finds the package as any user's does.
    program = path.join(import.meta.dir, `testcontainers/.scenario-${process.pid}.mjs`);
    await Bun.write(program, (await built.outputs[0]?.text()) ?? "");
  }, 120_000);
  afterAll(async () => {
    await Bun.file(program).delete();
    await engine?.stop();
    await sandbox?.close();
  }, 60_000);

  const listed = async (): Promise<Listed[]> => (await engine.api.at("v1.51").get("/containers/json?all=1")).json();

  test(`a scenario from start to finish on ${name}; the reaper takes away what it left`, async () => {
    const home = `${sandbox.folder}/home`;
    mkdirSync(home);
    const { code, stdout, stderr } = await sandbox.run([...command, program], {
      timeoutMs: 240_000,
      env: {
        HOME: home,
        DOCKER_HOST: `unix://${engine.socket}`,
        RYUK_CONTAINER_IMAGE: reaperImage,
        TESTCONTAINERS_RYUK_RECONNECTION_TIMEOUT: "1s",
        SCENARIO_FOLDER: `${sandbox.folder}/files`,
      },
    });
    expect({ code, last: stdout.trim().split("\n").slice(-3), stderr }).toMatchObject({
      code: 0,
      last: ["step: ten at once", "step: a container is left behind", "scenario: done"],
    });
    const left = await listed();
    expect(left.map(({ Labels }) => Labels["of-scenario"])).toContain("left");
    const reaper = left.find(({ Image }) => Image === reaperImage);
    expect(reaper).toBeDefined();
    // The session is over when its connection to the reaper is: a second later all that it left is removed, and the reaper with AutoRemove.
    await until(async () => (await listed()).length === 0, 60_000, "the reaper left containers behind");
  }, 300_000);
});
