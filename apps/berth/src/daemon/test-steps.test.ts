import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "bun:test";
import { plainSteps } from "@berth/base";
import { stepsFromEnvironment } from "./test-steps.ts";

test("without its variables nothing is observed", () => {
  expect(stepsFromEnvironment({})).toBe(plainSteps);
  expect(() => stepsFromEnvironment({ BERTH_TEST_CRASH: "start.mount" })).toThrow("step:before|after[:n]");
});

test("names are recorded, and the process dies where it was told to", async () => {
  const folder = mkdtempSync(join(tmpdir(), "berth-steps-"));
  try {
    const program = `
      import { stepsFromEnvironment } from ${JSON.stringify(join(import.meta.dir, "test-steps.ts"))};
      const steps = stepsFromEnvironment(process.env);
      for (const name of ["a", "b", "b", "c"]) await steps.run(name, () => { process.stdout.write(name); });`;
    const run = async (crash: string): Promise<readonly [string | undefined, string, string]> => {
      const file = join(folder, `steps-${crash}`);
      const child = Bun.spawn([process.execPath, "-e", program], {
        env: { ...process.env, BERTH_TEST_STEPS: file, BERTH_TEST_CRASH: crash },
        stdout: "pipe",
      });
      const output = await new Response(child.stdout).text();
      await child.exited;
      return [child.signalCode === null ? undefined : String(child.signalCode), output, readFileSync(file, "utf8")];
    };
    expect(await run("b:before")).toEqual(["SIGKILL", "a", "a\nb\n"]);
    expect(await run("b:after:2")).toEqual(["SIGKILL", "abb", "a\nb\nb\n"]);
    expect(await run("")).toEqual([undefined, "abbc", "a\nb\nb\nc\n"]);
  } finally {
    rmSync(folder, { recursive: true });
  }
});
