import { test } from "bun:test";
import { spawn } from "node:child_process";

const mark = "BERTH_TEST_PRIVATE_NETWORK";

/**
 * Defines tests that change links, addresses or the firewall. The file is run a second time in a network and a mount
 * namespace of its own, where `define` defines the tests; outside, one test stands for them all and fails when one of
 * them does. Everything they make goes with the namespaces, even when they are killed.
 * @param file `import.meta.path` of the test file
 */
export function inPrivateNetwork(file: string, define: () => void): void {
  if (process.env[mark] === file) {
    define();
    return;
  }
  test("in a network of its own", async () => {
    const child = spawn("unshare", ["--net", "--mount", "--propagation", "private", process.execPath, "test", file], {
      env: { ...process.env, [mark]: file },
      stdio: ["ignore", "pipe", "pipe"],
    });
    const output: Buffer[] = [];
    child.stdout.on("data", (chunk: Buffer) => output.push(chunk));
    child.stderr.on("data", (chunk: Buffer) => output.push(chunk));
    const code = await new Promise<number | null>((resolve, reject) => {
      child.on("error", reject);
      child.on("close", resolve);
    });
    if (code !== 0) throw new Error(Buffer.concat(output).toString());
  }, 60_000);
}
