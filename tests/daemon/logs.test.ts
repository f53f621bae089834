import { readdirSync, statSync, writeFileSync } from "node:fs";
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { demultiplex } from "../harness/engine-api.ts";
import { startBerth, type RunningEngine } from "../harness/engines.ts";
import { openSandbox, until, type Sandbox } from "../harness/sandbox.ts";
import { findProcesses, killDaemon, loadBusybox, logLines, runContainer, untilStatus } from "./kit.ts";

let sandbox: Sandbox;
let engine: RunningEngine;

beforeAll(async () => {
  sandbox = await openSandbox("logs");
  engine = await startBerth(sandbox);
  await loadBusybox(engine);
});
afterAll(async () => {
  await sandbox?.close();
});

/** What a container's log takes on the disk. */
function takenBytes(id: string): { readonly files: string[]; readonly bytes: number } {
  const folder = `${engine.dataRoot}/containers/${id}/log`;
  const files = readdirSync(folder).filter((name) => name.startsWith("container.log"));
  let bytes = 0;
  for (const file of files) {
    try {
      const stat = statSync(`${folder}/${file}`);
      bytes += Math.min(stat.size, stat.blocks * 512);
    } catch {
      // Rotated in this moment.
    }
  }
  return { files: files.sort(), bytes };
}

const small = { LogConfig: { Type: "json-file", Config: { "max-size": "100k", "max-file": "3" } } };
const boundBytes = 3 * 100 * 1024;
// The last block of a file may be taken in full.
const slackBytes = 64 * 1024;

describe("a bounded log", () => {
  test("a container that writes fast: a reader that follows sees each line once, and the files stay within bounds", async () => {
    const lines = 120_000;
    const bursts = "for burst in $(seq 0 23); do seq $((burst * 5000 + 1)) $((burst * 5000 + 5000)); usleep 60000; done";
    const script = `until [ -e /tmp/go ]; do sleep 0.05; done; ${bursts}`;
    const id = await runContainer(engine.api, { name: "fast", command: ["sh", "-c", script], host: small });
    const follows = Promise.withResolvers<void>();
    const following = engine.api.request("/containers/fast/logs?stdout=1&follow=1", { onHead: follows.resolve });
    await follows.promise;
    const created = await engine.api.post("/containers/fast/exec", { Cmd: ["touch", "/tmp/go"] });
    await engine.api.post(`/exec/${created.json<{ Id: string }>().Id}/start`, { Detach: true });
    const text = demultiplex((await following).body)
      .map(([, piece]) => piece)
      .join("");
    const seen = text.trimEnd().split("\n");
    const first = seen.findIndex((line, index) => line !== String(index + 1));
    expect({ count: seen.length, wrong: first < 0 ? null : [first, seen.slice(Math.max(0, first - 1), first + 3)] }).toEqual({
      count: lines,
      wrong: null,
    });
    await untilStatus(engine.api, "fast", "exited");
    await until(() => takenBytes(id).bytes <= boundBytes + slackBytes, 10_000, `the log stays at ${JSON.stringify(takenBytes(id))}`);
    // A monitor whose program ends right after a rotation opens no new file.
    expect(["container.log", "container.log.1", "container.log.2"]).toEqual(expect.arrayContaining(takenBytes(id).files));
    // What is kept is the end of it, without a gap.
    const kept = (await logLines(engine.api, "fast")).map(Number);
    expect(kept.at(-1)).toBe(lines);
    expect(kept.length).toBeGreaterThan(1000);
    expect(kept).toEqual(kept.map((_, index) => (kept[0] ?? 0) + index));
    const tail = await engine.api.get("/containers/fast/logs?stdout=1&tail=5");
    expect(
      demultiplex(tail.body)
        .map(([, piece]) => piece)
        .join(""),
    ).toBe([4, 3, 2, 1, 0].map((n) => `${lines - n}\n`).join(""));
    expect((await engine.api.delete("/containers/fast")).status).toBe(204);
  });

  test("as fast as the machine can: within bounds soon after, also while it goes on slowly", async () => {
    const script =
      "dd if=/dev/zero bs=64k count=1600 2>/dev/null | tr '\\0' 'x' | fold -w 1000; echo end; while true; do echo tick; sleep 0.1; done";
    const host = { LogConfig: { Type: "json-file", Config: { "max-size": "2m", "max-file": "3" } } };
    const id = await runContainer(engine.api, { name: "burst", command: ["sh", "-c", script], host });
    await until(async () => (await engine.api.get("/containers/burst/logs?stdout=1&tail=1")).text.includes("tick"), 60_000, "no end");
    await until(
      () => takenBytes(id).bytes <= 3 * 2 * 1024 * 1024 + slackBytes,
      10_000,
      `the log stays at ${JSON.stringify(takenBytes(id))}`,
    );
    expect((await engine.api.delete("/containers/burst?force=1")).status).toBe(204);
  });

  test("a program that ends at once after a burst, and one that writes while no daemon is there", async () => {
    const write = (megabytes: number): string => `dd if=/dev/zero bs=64k count=${megabytes * 16} 2>/dev/null | tr '\\0' 'x' | fold -w 1000`;
    const host = { LogConfig: { Type: "json-file", Config: { "max-size": "1m", "max-file": "2" } } };
    const id = await runContainer(engine.api, { name: "ends", command: ["sh", "-c", write(16)], host });
    await untilStatus(engine.api, "ends", "exited");
    await until(() => takenBytes(id).bytes <= 2 * 1024 * 1024 + slackBytes, 10_000, `the log stays at ${JSON.stringify(takenBytes(id))}`);

    const marker = "until [ -e /tmp/go ]; do sleep 0.05; done";
    const down = await runContainer(engine.api, {
      name: "down",
      command: ["sh", "-c", `${marker}; ${write(90)}; echo last; sleep 600`],
      host,
    });
    const other = await runContainer(engine.api, { name: "over", command: ["sh", "-c", `${marker}; ${write(6)}; echo last`], host });
    await killDaemon(engine);
    for (const pid of findProcesses(marker)) writeFileSync(`/proc/${pid}/root/tmp/go`, "");
    await until(
      () => findProcesses("sleep 600").length === 1 && findProcesses("conmon", `--cid ${other}`).length === 0,
      60_000,
      "still writing",
    );
    // The monitor's own limit: what it writes on its own is 64 MiB at most.
    expect(takenBytes(down).bytes).toBeLessThan(64 * 1024 * 1024 + 1024 * 1024);
    engine = await startBerth(sandbox);
    for (const [name, each] of [
      ["down", down],
      ["over", other],
    ] as const) {
      await until(
        () => takenBytes(each).bytes <= 2 * 1024 * 1024 + slackBytes,
        10_000,
        `the log stays at ${JSON.stringify(takenBytes(each))}`,
      );
      // The line that was open when the burst ended is a part of it.
      await until(async () => (await logLines(engine.api, name)).at(-1)?.endsWith("last") === true, 10_000, `the last line of ${name}`);
    }
    for (const name of ["ends", "down", "over"]) expect((await engine.api.delete(`/containers/${name}?force=1`)).status).toBe(204);
  });
});
