import { afterAll, beforeAll, expect, test } from "bun:test";
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { plainSteps } from "@berth/base";
import type { RuntimeProcess } from "@berth/spec";
import { runExec } from "./exec/run-exec.ts";
import { bundleFiles, layoutOf } from "./layout.ts";
import { StartError } from "./oci/errors.ts";
import type { ExecProcess } from "./ports.ts";
import { collect, openSandbox, type Sandbox } from "./testing/sandbox.ts";

let box: Sandbox;
let id: string;
let base: RuntimeProcess;
let pid: number;
let number = 0;
beforeAll(async () => {
  box = await openSandbox();
  const created = await box.create({ config: { Cmd: ["sleep", "1000"] } });
  id = created.id;
  pid = created.process.pid;
  base = box.spec(id, {}).process;
  await box.runtime.start(id);
});
afterAll(() => box.close());

function exec(
  args: readonly string[],
  change: {
    readonly stdin?: boolean;
    readonly output?: boolean;
    readonly process?: Partial<RuntimeProcess>;
    readonly size?: readonly [number, number];
  } = {},
): Promise<ExecProcess> {
  return box.runtime.exec({
    containerId: id,
    execId: `e${++number}`,
    process: { ...base, args: [...args], ...change.process },
    attachStdin: change.stdin ?? false,
    attachOutput: change.output ?? true,
    consoleSize: change.size ?? null,
  });
}

function bytes(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}

test("streams, exit code, environment, folder, user", async () => {
  const process = await exec(["sh", "-c", "echo out; echo err >/dev/stderr; pwd; id -u; echo $A; exit 9"], {
    process: { cwd: "/tmp", env: ["A=b", "PATH=/bin"], user: { uid: 1000, gid: 1001, additionalGids: [] } },
  });
  expect(await collect(process.session.output)).toEqual({ stdout: "out\n/tmp\n1000\nb\n", stderr: "err\n" });
  expect(await process.exited).toBe(9);
});

test("the filter of the container holds in an exec", async () => {
  const process = await exec(["sh", "-c", "grep Seccomp: /proc/self/status; chmod 700 /tmp"]);
  const { stdout, stderr } = await collect(process.session.output);
  expect(stdout).toContain("Seccomp:\t2");
  expect(stderr).toContain("Operation not permitted");
  expect(await process.exited).toBe(1);
});

test("its pid is one of the container", async () => {
  const process = await exec(["sleep", "100"]);
  expect(box.cgroups.processes(box.request(id, {}).cgroupPath)).toContain(process.pid);
  box.kernel.kill(process.pid, 15);
  expect(await process.exited).toBe(143);
});

test("50 MB in and out", async () => {
  const process = await exec(["cat"], { stdin: true });
  const output = collect(process.session.output);
  const block = new Uint8Array(1024 * 1024).fill(98);
  for (let each = 0; each < 50; each++) await process.session.write(block);
  process.session.closeInput();
  expect((await output).stdout.length).toBe(50 * 1024 * 1024);
  expect(await process.exited).toBe(0);
}, 30_000);

test("writing to a program that does not read any more does nothing", async () => {
  const process = await exec(["true"], { stdin: true });
  await process.exited;
  await process.session.write(bytes("nobody"));
  process.session.closeInput();
  await process.session.write(bytes("nobody"));
});

test.each([
  { command: ["nosuch"], words: 'exec: "nosuch": executable file not found in $PATH: unknown', exitCode: 127 },
  { command: ["/nosuch"], words: 'exec: "/nosuch": stat /nosuch: no such file or directory: unknown', exitCode: 127 },
  { command: ["/etc"], words: 'exec: "/etc": permission denied: unknown', exitCode: 126 },
  { command: ["/etc/noexec"], words: 'exec: "/etc/noexec": permission denied: unknown', exitCode: 126 },
])("a program that cannot be run: $command", async ({ command, words, exitCode }) => {
  const error = await exec(command).then(
    () => null,
    (failure: unknown) => failure,
  );
  expect(error).toBeInstanceOf(StartError);
  if (error instanceof StartError) {
    expect(error.message).toBe(`OCI runtime exec failed: exec failed: unable to start container process: ${words}`);
    expect(error.exitCode).toBe(exitCode);
  }
});

test("a terminal with size and resize", async () => {
  const process = await exec(["sh"], { stdin: true, process: { terminal: true }, size: [20, 60] });
  const reader = process.session.output[Symbol.asyncIterator]();
  let text = "";
  const until = async (wanted: string): Promise<void> => {
    while (!text.includes(wanted)) {
      const next = await reader.next();
      if (next.done === true) throw new Error(`the end before ${wanted}: ${text}`);
      text += Buffer.from(next.value.bytes).toString();
    }
  };
  await process.session.write(bytes("stty size; echo one$((1+1))\n"));
  await until("one2");
  expect(text).toContain("20 60");
  process.resize(44, 99);
  await process.session.write(bytes("stty size; echo two$((1+1))\n"));
  await until("two2");
  expect(text).toContain("44 99");
  await process.session.write(bytes("exit 4\n"));
  expect(await process.exited).toBe(4);
  process.resize(1, 1);
});

test("detached: no streams, its own end", async () => {
  const process = await exec(["sh", "-c", "echo lost; exit 6"], { output: false });
  expect(await process.exited).toBe(6);
});

test("a client that leaves does not stop the program", async () => {
  const process = await exec([
    "sh",
    "-c",
    "i=0; while [ $i -lt 20000 ]; do echo 0123456789012345678901234567890123456789; i=$((i+1)); done; exit 8",
  ]);
  process.session.close();
  expect(await process.exited).toBe(8);
});

test("a background process that keeps the streams open does not keep the exec", async () => {
  const process = await exec(["sh", "-c", "sleep 50 & echo started"]);
  const { stdout } = await collect(process.session.output);
  expect(stdout).toBe("started\n");
  expect(await process.exited).toBe(0);
}, 10_000);

test("40 at once, and no descriptor is left", async () => {
  const open = (): number => readdirSync("/proc/self/fd").length;
  const before = open();
  const codes = await Promise.all(
    Array.from({ length: 40 }, async (_each, index) => {
      const process = await exec(["sh", "-c", `echo ${index}; exit ${index}`], { stdin: true });
      expect((await collect(process.session.output)).stdout).toBe(`${index}\n`);
      return process.exited;
    }),
  );
  expect(codes).toEqual(Array.from({ length: 40 }, (_each, index) => index));
  await Bun.sleep(20);
  expect(open()).toBeLessThanOrEqual(before + 2);
  expect(readdirSync(`${box.folder}/run/exec`)).toEqual([]);
}, 30_000);

test("a runtime gets nothing of the daemon's environment", async () => {
  const folder = mkdtempSync(path.join(tmpdir(), "berth-spy-"));
  const spy = path.join(folder, "spy");
  writeFileSync(spy, `#!/bin/sh\nenv >${folder}/seen\nexit 1\n`, { mode: 0o755 });
  try {
    const layout = layoutOf(folder);
    const record = { runtime: "spy", runtimePath: spy, cgroupPath: "/none", logFile: "", tty: false, openStdin: false, stdinOnce: false };
    const request = { containerId: id, execId: "spy", process: base, attachStdin: false, attachOutput: true, consoleSize: null };
    const blocking = { unmount: () => Promise.resolve() };
    const options = { kernel: box.kernel, blocking, steps: plainSteps, layout, files: bundleFiles(layout, id), record, request };
    await expect(runExec(options)).rejects.toThrow("OCI runtime exec failed");
    const seen = readFileSync(path.join(folder, "seen"), "utf8").trim().split("\n");
    // PWD is the shell's own.
    const names = new Set(seen.map((line) => line.split("=")[0]));
    expect(names).toEqual(new Set(["PATH", "PWD", "TZ", "TMPDIR", "_LIBCONTAINER_STATEDIR"]));
    expect(readdirSync(layout.scratch)).toEqual([]);
  } finally {
    rmSync(folder, { recursive: true });
  }
});

test("a client that reads slowly gets the last byte too, long after the program has ended", async () => {
  const process = await exec(["sh", "-c", "head -c 1160000 /dev/zero; printf end"]);
  const output = process.session.output[Symbol.asyncIterator]();
  await Bun.sleep(2500);
  let last = "";
  for (let next = await output.next(); next.done !== true; next = await output.next())
    last = Buffer.from(next.value.bytes).toString("latin1");
  expect(last).toEndWith("end");
  expect(await process.exited).toBe(0);
}, 10_000);

test("the container's end is the exec's end; then there is nothing to run in", async () => {
  const process = await exec(["sleep", "1000"]);
  box.kernel.kill(pid, 9);
  expect(await process.exited).toBe(137);
  await box.exit(id);
  await expect(exec(["true"])).rejects.toThrow("is not running");
  await box.runtime.delete(id);
});
