import { expect, test } from "bun:test";
import { mkdirSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { kindOf, messageOf } from "@berth/base";
import { openTestEngine, type TestEngine } from "../testing/index.ts";

async function running(world: TestEngine): Promise<{ id: string; rootfs: string }> {
  const { id } = await world.engine.containers.create({
    name: null,
    platform: null,
    request: { Image: "busybox", Cmd: ["sleep", "1"], Env: ["PATH=/opt/tools/:/bin"] },
    apiVersion: "1.51",
  });
  await world.engine.containers.start(id);
  const rootfs = `${world.root}/containers/${id}/rootfs`;
  rmSync(`${rootfs}/bin`, { recursive: true, force: true });
  mkdirSync(`${rootfs}/bin`, { recursive: true });
  return { id, rootfs };
}

const attached = { detach: false, tty: false, consoleSize: null };

/** What an exec that enters runs, and what is lent to it. */
async function entered(world: TestEngine, id: string, command: readonly string[] = []): Promise<[readonly string[], string | null]> {
  const exec = await world.engine.execs.create(id, { Enter: true, Cmd: [...command] });
  await world.engine.execs.start(exec, attached);
  const request = world.runtime.execs.at(-1)?.request;
  return [request?.process.args ?? [], request?.lentShell ?? null];
}

test("the best shell of the container, wherever its PATH leads", async () => {
  await using world = await openTestEngine();
  const { id, rootfs } = await running(world);
  writeFileSync(`${rootfs}/bin/sh`, "", { mode: 0o755 });
  expect(await entered(world, id)).toEqual([["/bin/sh"], null]);
  mkdirSync(`${rootfs}/opt/tools`, { recursive: true });
  writeFileSync(`${rootfs}/opt/tools/bash`, "", { mode: 0o644 });
  mkdirSync(`${rootfs}/bin/ash`);
  expect(await entered(world, id)).toEqual([["/bin/sh"], null]);
  rmSync(`${rootfs}/opt/tools/bash`);
  symlinkSync("../../bin/sh", `${rootfs}/opt/tools/bash`);
  expect(await entered(world, id)).toEqual([["/opt/tools/bash"], null]);
  expect(await entered(world, id, ["ls", "/"])).toEqual([["ls", "/"], null]);
});

test("a container without a shell is lent one, or told that there is none", async () => {
  await using world = await openTestEngine();
  const { id, rootfs } = await running(world);
  symlinkSync("sh", `${rootfs}/bin/sh`);
  symlinkSync("/../../../../bin/bash", `${rootfs}/bin/bash`);
  const refusal = await world.engine.execs.create(id, { Enter: true }).catch((error: unknown) => error);
  expect([kindOf(refusal), messageOf(refusal)]).toEqual(["conflict", expect.stringContaining("busybox-static")]);
  expect(await entered(world, id, ["/prog"])).toEqual([["/prog"], null]);
  world.runtime.shellToLend = "/bin/busybox";
  expect(await entered(world, id)).toEqual([["sh"], "/bin/busybox"]);
  expect(await entered(world, id, ["/prog", "x"])).toEqual([["/prog", "x"], "/bin/busybox"]);
});
