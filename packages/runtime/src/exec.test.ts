import { afterAll, beforeAll, expect, test } from "bun:test";
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { plainSteps } from "@berth/base";
import type { RuntimeProcess } from "@berth/spec";
import { runExec } from "./exec/run-exec.ts";
import { ExecTree, joinPlan } from "./exec/tree.ts";
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
    const tree = new ExecTree({ kernel: box.kernel, cgroups: box.cgroups, cgroupPath: "/none", containerId: id, execId: "spy" });
    const options = {
      kernel: box.kernel,
      blocking: { unmount: () => Promise.resolve() },
      steps: plainSteps,
      layout,
      files: bundleFiles(layout, id),
      record,
      request,
      tree,
      call: { path: spy, environment: {} },
      join: joinPlan({ program: "spy", version: "", v2: false, execId: "spy" }),
    };
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

/** Waits until something holds. */
async function until(holds: () => boolean): Promise<void> {
  for (const end = Date.now() + 20_000; !holds(); await Bun.sleep(5)) if (Date.now() > end) throw new Error("it did not come to this");
}

test("all that an exec starts is its own, also what leaves its family and its session", async () => {
  const before = box.cgroups.processes(box.request(id, {}).cgroupPath).length;
  const other = await exec(["sleep", "1000"], { output: false });
  const process = await exec(["sh", "-c", "read x; (setsid sh -c 'sleep 1000 & sleep 1000 &' &); sleep 1000 & wait"], { stdin: true });
  await process.session.write(bytes("go\n"));
  await until(() => process.processes.processes().length === 4);
  expect(process.processes.processes()).toContain(process.pid);
  expect(process.processes.processes()).not.toContain(other.pid);
  expect(process.processes.signal(18)).toBe(4);
  await process.processes.kill();
  expect(await process.exited).toBe(137);
  expect(process.processes.processes()).toEqual([]);
  expect(other.processes.processes()).toEqual([other.pid]);
  await other.processes.kill();
  await other.exited;
  await until(() => box.cgroups.processes(box.request(id, {}).cgroupPath).length === before);
});

test("what outlives an exec's program is still found and killed, and its mark goes with a later one", async () => {
  const process = await exec(["sh", "-c", "setsid sleep 1000 >/dev/null 2>&1 & exit 3"]);
  expect(await process.exited).toBe(3);
  expect(process.processes.processes().length).toBe(1);
  const mark = `berth-exec-e${number}`;
  const found = box.runtime.findExec({
    containerId: id,
    execId: `e${number}`,
    program: { pid: process.pid, pidStartTime: process.pidStartTime },
  });
  expect(found.processes()).toEqual(process.processes.processes());
  await found.kill();
  const next = await exec(["true"]);
  await next.exited;
  const marks = (): string[] =>
    ["pids", ""].flatMap((tree) => {
      try {
        return readdirSync(`/sys/fs/cgroup/${tree}${box.request(id, {}).cgroupPath}`).filter((name) => name.startsWith("berth-exec-"));
      } catch {
        return [];
      }
    });
  await until(() => !marks().includes(mark));
});

test("each runtime gets its program into the mark in its own way", () => {
  const plan = (program: string, version: string, v2: boolean): string => {
    const { words, runtimeFirst } = joinPlan({ program, version, v2, execId: "e" });
    return `${words.join(" ")}${runtimeFirst ? " first" : ""}`;
  };
  expect(plan("crun", "1.8.1", true)).toBe("--cgroup berth-exec-e");
  expect(plan("crun", "1.8.1", false)).toBe("--cgroup berth-exec-e first");
  expect(plan("crun", "1.2", true)).toBe("");
  expect(plan("runc", "1.1.5+ds1", false)).toBe("--cgroup pids:berth-exec-e");
  expect(plan("runc", "1.0.0~rc93", true)).toBe("");
  expect(plan("kata", "3.1", true)).toBe("");
});

test("an exec with a megabyte of environment", async () => {
  const env = Array.from({ length: 10 }, (_each, index) => `V${index}=${"x".repeat(100_000)}`);
  const process = await exec(["sh", "-c", "echo ${#V9}"], { process: { env: ["PATH=/bin", ...env] } });
  expect((await collect(process.session.output)).stdout).toBe("100000\n");
  expect(await process.exited).toBe(0);
});

test("an exec is in the container's cgroups", async () => {
  const process = await exec(["sleep", "1000"]);
  const own = box.cgroups.pathsOf(process.pid);
  for (const [name, of] of box.cgroups.pathsOf(pid) ?? []) expect(own?.get(name)?.replace(/\/berth-exec-.*/, "")).toBe(of);
  await process.processes.kill();
});

test("the container's end is the exec's end; then there is nothing to run in", async () => {
  const process = await exec(["sleep", "1000"]);
  box.kernel.kill(pid, 9);
  expect(await process.exited).toBe(137);
  await box.exit(id);
  await expect(exec(["true"])).rejects.toThrow("is not running");
  await box.runtime.delete(id);
});
