import { expect, test } from "bun:test";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { kindOf } from "@berth/base";
import { findLentShell, lentCommand, openLentShell } from "./lent-shell.ts";

test("only a statically linked program is lent", () => {
  const folder = mkdtempSync(path.join(tmpdir(), "lent-"));
  try {
    writeFileSync(`${folder}/text`, "#!/bin/sh\n");
    expect(findLentShell(["/nosuch", `${folder}/text`, folder, "/bin/bash"])).toBeNull();
    expect(findLentShell(["/bin/bash", "/bin/busybox"])).toBe("/bin/busybox");
    const opened: string[] = [];
    const kernel = {
      memoryFolder: (files: Readonly<Record<string, Uint8Array>>): number => {
        opened.push(...Object.keys(files));
        return 9;
      },
    };
    expect(openLentShell(kernel, "/bin/busybox")).toBe(9);
    expect(opened).toEqual(["busybox"]);
    let failure: unknown;
    try {
      openLentShell(kernel, `${folder}/text`);
    } catch (error) {
      failure = error;
    }
    expect(kindOf(failure)).toBe("not-found");
  } finally {
    rmSync(folder, { recursive: true });
  }
});

test("a command is run by the lent shell, which finds its own tools first", () => {
  expect(lentCommand([])).toEqual(["/proc/self/fd/3/busybox", "sh"]);
  expect(lentCommand(["ls", "-l", "$HOME"]).slice(2)).toEqual(["-c", 'exec "$@"', "sh", "ls", "-l", "$HOME"]);
});
