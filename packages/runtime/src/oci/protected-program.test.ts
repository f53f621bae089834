import { afterEach, beforeEach, expect, test } from "bun:test";
import { chmodSync, mkdtempSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { plainSteps, silentLogger } from "@berth/base";
import { type Blocking, MNT_DETACH, openBlocking } from "@berth/linux";
import { layoutOf } from "../layout.ts";
import { ProtectedProgram, runtimeCall } from "./protected-program.ts";

const program = "/bin/sh";
let folder = "";
let blocking: Blocking;
beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), "berth-program-"));
  blocking = openBlocking();
});
afterEach(async () => {
  await blocking.unmount(path.join(folder, "crun"), MNT_DETACH);
  await blocking.close();
  rmSync(folder, { recursive: true });
});

function open(change: { readonly program?: string | null } = {}): Promise<ProtectedProgram | null> {
  return ProtectedProgram.open({ blocking, layout: layoutOf(folder), steps: plainSteps, log: silentLogger(), program, ...change });
}

test("the program is called by a mount that nobody can write to, after a second opening as well", async () => {
  await open();
  const second = await open();
  const call = runtimeCall(second, program);
  expect(call).toEqual({ path: path.join(folder, "crun"), environment: { _LIBCONTAINER_CLONED_BINARY: "1" } });
  expect(statSync(call.path).ino).toBe(statSync(program).ino);
  // While it runs nobody can write to it anyway (ETXTBSY); this one refuses whatever else would change the file.
  expect(() => chmodSync(call.path, 0o755)).toThrow("EROFS");
  expect(Bun.spawnSync([call.path, "-c", "exit 7"]).exitCode).toBe(7);
  await second?.close();
  expect(statSync(call.path).size).toBe(0);
});

test("others are called as they are, and so is this one when its mount has gone or cannot be made", async () => {
  const opened = await open();
  expect(runtimeCall(opened, "/usr/sbin/runc")).toEqual({ path: "/usr/sbin/runc", environment: {} });
  await blocking.unmount(path.join(folder, "crun"), MNT_DETACH);
  expect(runtimeCall(opened, program)).toEqual({ path: program, environment: {} });
  expect(await open({ program: path.join(folder, "missing") })).toBeNull();
  expect(runtimeCall(await open({ program: null }), program)).toEqual({ path: program, environment: {} });
});
