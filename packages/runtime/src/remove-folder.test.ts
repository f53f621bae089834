import { expect, test } from "bun:test";
import { messageOf } from "@berth/base";
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { removeFolder, removeFolderSync } from "./remove-folder.ts";

function filled(): string {
  const folder = mkdtempSync(path.join(tmpdir(), "berth-remove-"));
  mkdirSync(path.join(folder, "inner"));
  for (const name of ["ctl", "winsz", "inner/attach"]) writeFileSync(path.join(folder, name), "");
  return folder;
}

test("a removal that stops half way and says nothing is gone on with", async () => {
  const folder = filled();
  let times = 0;
  await removeFolder(folder, (asked) => {
    times += 1;
    rmSync(times === 1 ? path.join(asked, "ctl") : asked, { recursive: true });
    return Promise.resolve();
  });
  expect(times).toBe(2);
  expect(existsSync(folder)).toBe(false);
});

test("a folder that somebody keeps filling is told", async () => {
  const folder = filled();
  const failure = await removeFolder(folder, () => Promise.resolve()).then(() => "", messageOf);
  expect(failure).toBe(`cannot remove ${folder}: something is put into it again and again`);
  removeFolderSync(folder);
  expect(existsSync(folder)).toBe(false);
});

test("a missing folder is no error", async () => {
  await removeFolder("/nonexistent/berth");
  removeFolderSync("/nonexistent/berth");
});
