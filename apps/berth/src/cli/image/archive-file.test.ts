import { expect, test } from "bun:test";
import { lstatSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { writeWhole } from "./archive-file.ts";

async function* pieces(...texts: readonly string[]): AsyncGenerator<Uint8Array> {
  for (const text of texts) yield Buffer.from(text);
}

async function* broken(): AsyncGenerator<Uint8Array> {
  yield Buffer.from("half");
  throw new Error("the engine went away");
}

async function inFolder(body: (folder: string) => Promise<void>): Promise<void> {
  const folder = mkdtempSync(path.join(tmpdir(), "berth-archive-file-"));
  try {
    await body(folder);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

test("a file appears whole or not at all", () =>
  inFolder(async (folder) => {
    const file = path.join(folder, "a.tar");
    await writeWhole(file, pieces("one", "two"));
    expect(readFileSync(file, "utf8")).toBe("onetwo");
    const failure = await writeWhole(file, broken()).catch((error: unknown) => error);
    expect(String(failure)).toContain("the engine went away");
    expect(readFileSync(file, "utf8")).toBe("onetwo");
    expect(readdirSync(folder)).toEqual(["a.tar"]);
  }));

test("a link stays a link, and what it leads to is replaced", () =>
  inFolder(async (folder) => {
    const file = path.join(folder, "a.tar");
    const link = path.join(folder, "latest.tar");
    writeFileSync(file, "old");
    symlinkSync("a.tar", link);
    await writeWhole(link, pieces("new"));
    expect(lstatSync(link).isSymbolicLink()).toBe(true);
    expect(readFileSync(file, "utf8")).toBe("new");
  }));

test("a pipe is written to, and stays a pipe", () =>
  inFolder(async (folder) => {
    const pipe = path.join(folder, "pipe");
    expect(Bun.spawnSync(["mkfifo", pipe]).exitCode).toBe(0);
    const reader = Bun.spawn(["cat", pipe], { stdout: "pipe" });
    await writeWhole(pipe, pieces("one", "two"));
    expect(await new Response(reader.stdout).text()).toBe("onetwo");
    expect(lstatSync(pipe).isFIFO()).toBe(true);
    expect(readdirSync(folder)).toEqual(["pipe"]);
  }));
