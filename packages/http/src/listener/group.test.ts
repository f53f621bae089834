import { expect, test } from "bun:test";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { findGroup } from "./group.ts";

test("finds groups by name and number, and none where the system has no list of them", () => {
  const folder = mkdtempSync(join(tmpdir(), "berth-group-"));
  try {
    const file = join(folder, "group");
    expect(findGroup("docker", file)).toBeNull();
    writeFileSync(file, "root:x:0:\nbroken\ndocker:x:998:ann\n");
    expect(findGroup("docker", file)).toBe(998);
    expect(findGroup("dock", file)).toBeNull();
    expect(findGroup("broken", file)).toBeNull();
    expect(findGroup("1000", file)).toBe(1000);
  } finally {
    rmSync(folder, { recursive: true });
  }
});
