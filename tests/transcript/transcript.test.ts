import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { readFileSync } from "node:fs";
import { buildBusyboxImage } from "../harness/busybox-image.ts";
import { dockerCliPath, dockerdPath, loadImage, startBerth, startDocker, type RunningEngine } from "../harness/engines.ts";
import { openPty, type PtyProgram } from "../harness/pty.ts";
import { openSandbox, run, until, type RunResult, type Sandbox } from "../harness/sandbox.ts";

/**
 * A person's session with the stock docker CLI on a terminal, step by step, against Berth. With
 * `BERTH_TRANSCRIPT=docker` the same steps run against a real dockerd, which shows that they ask nothing that Docker does not give.
 */
const onDocker = process.env["BERTH_TRANSCRIPT"] === "docker";
const cli = dockerCliPath();
const image = buildBusyboxImage("busybox:latest");
let sandbox: Sandbox;
let engine: RunningEngine;

function command(...args: string[]): string[] {
  return [cli ?? "docker", "-H", `unix://${engine.socket}`, ...args];
}

function docker(...args: string[]): Promise<RunResult> {
  return run(command(...args));
}

/** The CLI turns to its terminal, and to changes of its size, in its own time: does something until it has been heard. */
async function again(shell: PtyProgram, action: () => void, wanted: string): Promise<void> {
  for (let times = 1; times < 20; times += 1) {
    action();
    const heard = await shell.expect(wanted, 1000).catch(() => null);
    if (heard !== null) return;
  }
  action();
  await shell.expect(wanted);
}

/** Changes the size in two steps, so that it is a change each time, and asks the shell for it. */
function resized(shell: PtyProgram, columns: number, rows: number): void {
  shell.resize(columns + 1, rows);
  shell.resize(columns, rows);
  shell.type("stty size\n");
}

async function untilLogged(text: string): Promise<void> {
  await until(async () => (await output("logs", "job")).includes(text), 15_000, `the job did not log ${JSON.stringify(text)}`);
}

async function output(...args: string[]): Promise<string> {
  const result = await docker(...args);
  expect(result.stderr).toBe("");
  expect(result.code).toBe(0);
  return result.stdout.trim();
}

describe.skipIf(cli === null || (onDocker && dockerdPath() === null))("transcript: the stock docker CLI on a terminal", () => {
  beforeAll(async () => {
    sandbox = await openSandbox("transcript");
    engine = await (onDocker ? startDocker : startBerth)(sandbox);
    await loadImage(engine, image.archive);
  }, 120_000);

  afterAll(async () => {
    await engine?.stop();
    await sandbox?.close();
  }, 60_000);

  test("run -it of a shell, CTRL-P CTRL-Q leaves it running", async () => {
    const shell = openPty(command("run", "-it", "--name", "shell", "busybox", "sh"));
    await shell.expect("/ # ");
    shell.type("echo $((6*7)); tty; stty size\n");
    await shell.expect("42\r\n/dev/pts/0\r\n24 80\r\n");
    shell.type("\x10\x11");
    expect(await shell.exited).toBe(0);
    expect(await output("ps", "--format", "{{.Names}} {{.Image}} {{.Command}}")).toBe('shell busybox "sh"');
  }, 30_000);

  test("attach, resize, and leave by exit", async () => {
    const shell = openPty(command("attach", "shell"));
    await again(shell, () => shell.type("\n"), "/ # ");
    await again(shell, () => resized(shell, 111, 33), "33 111");
    shell.type("exit 3\n");
    expect(await shell.exited).toBe(3);
    expect(await output("inspect", "-f", "{{.State.Status}} {{.State.ExitCode}}", "shell")).toBe("exited 3");
  }, 30_000);

  test("start, stop, restart, kill -s", async () => {
    await output(
      "run",
      "-d",
      "--name",
      "job",
      "busybox",
      "sh",
      "-c",
      "trap 'echo usr1' USR1; trap 'exit 9' TERM; echo begun; while :; do sleep 0.1; done",
    );
    await untilLogged("begun");
    expect(await output("kill", "-s", "USR1", "job")).toBe("job");
    await untilLogged("begun\nusr1");
    expect(await output("stop", "job")).toBe("job");
    expect(await output("inspect", "-f", "{{.State.Status}} {{.State.ExitCode}}", "job")).toBe("exited 9");
    expect(await output("start", "job")).toBe("job");
    await untilLogged("begun\nusr1\nbegun");
    const before = await output("inspect", "-f", "{{.State.Pid}}", "job");
    expect(await output("restart", "job")).toBe("job");
    const after = await output("inspect", "-f", "{{.State.Pid}}", "job");
    expect(after).not.toBe(before);
    expect(Number(after)).toBeGreaterThan(0);
  }, 60_000);

  test("top shows the host's processes", async () => {
    const pid = await output("inspect", "-f", "{{.State.Pid}}", "job");
    const rows = (await output("top", "job")).split("\n");
    expect(rows[0]).toMatch(/^UID\s+PID\s+PPID\s+C\s+STIME\s+TTY\s+TIME\s+CMD$/);
    const listed = rows.slice(1).map((row) => row.trim().split(/\s+/)[1]);
    expect(listed).toContain(pid);
    const seen = await sandbox.run(["cat", `/proc/${pid}/cmdline`]);
    expect(seen.stdout).toStartWith("sh\0-c\0");
  }, 30_000);

  test("exec -it with resize", async () => {
    const shell = openPty(command("exec", "-it", "job", "sh"));
    await shell.expect("/ # ");
    await again(shell, () => resized(shell, 100, 30), "30 100");
    shell.type("exit 5\n");
    expect(await shell.exited).toBe(5);
  }, 30_000);

  test("logs -f follows on a terminal and ends with CTRL-C", async () => {
    const follow = openPty(command("logs", "-f", "job"));
    await follow.expect("begun");
    await output("kill", "-s", "USR1", "job");
    await follow.expect("usr1");
    follow.type("\x03");
    expect(await follow.exited).toBeGreaterThan(0);
  }, 30_000);

  test("inspect: state, mask, MAC, image, host config", async () => {
    const [inspect] = JSON.parse(await output("inspect", "job")) as [
      {
        State: { Running: boolean; Pid: number };
        Image: string;
        HostConfig: { NetworkMode: string; ShmSize: number };
        NetworkSettings: { IPAddress: string; IPPrefixLen: number; MacAddress: string; Gateway: string };
      },
    ];
    expect(inspect.State.Running).toBe(true);
    expect(inspect.Image).toBe(image.id);
    expect(inspect.NetworkSettings.IPPrefixLen).toBe(16);
    const octets = inspect.NetworkSettings.IPAddress.split(".").map((octet) => Number(octet).toString(16).padStart(2, "0"));
    expect(inspect.NetworkSettings.MacAddress).toBe(`02:42:${octets.join(":")}`);
    expect(await output("exec", "job", "cat", "/sys/class/net/eth0/address")).toBe(inspect.NetworkSettings.MacAddress);
    expect(await output("exec", "job", "ip", "-4", "-o", "addr", "show", "eth0")).toContain(`${inspect.NetworkSettings.IPAddress}/16`);
    expect(inspect.HostConfig.ShmSize).toBe(67_108_864);
    expect(["default", "bridge"]).toContain(inspect.HostConfig.NetworkMode);
    const status = readFileSync(`/proc/${await hostPid(inspect.State.Pid)}/status`, "utf8");
    expect(status).toContain("CapEff:\t00000000a80425fb");
    expect(status).toMatch(/Seccomp:\t2/);
  }, 30_000);

  test("rm is refused while it runs, rm -f removes", async () => {
    const refused = await docker("rm", "job");
    expect(refused.code).toBe(1);
    expect(refused.stderr).toMatch(
      /You cannot remove a running container [0-9a-f]{64}\. Stop the container before attempting removal or force remove/,
    );
    expect(await output("rm", "-f", "job")).toBe("job");
    expect(await output("rm", "shell")).toBe("shell");
    expect(await output("ps", "-aq")).toBe("");
  }, 30_000);

  test("CTRL-C reaches the program, its exit code comes back", async () => {
    const program = openPty(
      command("run", "--rm", "-it", "busybox", "sh", "-c", "trap 'exit 42' INT; echo waiting; while :; do sleep 0.1; done"),
    );
    await program.expect("waiting");
    program.type("\x03");
    expect(await program.exited).toBe(42);
  }, 30_000);
});

/** A pid inside of the sandbox as the test process sees it. */
async function hostPid(inner: number): Promise<number> {
  for (const entry of (await run(["ls", "/proc"])).stdout.split("\n").filter((name) => /^\d+$/.test(name))) {
    try {
      const status = readFileSync(`/proc/${entry}/status`, "utf8");
      const pids = /^NSpid:\t(.*)$/m.exec(status)?.[1]?.split("\t") ?? [];
      if (pids.at(-2) === String(inner) && pids.length > 2 && sameSandbox(Number(entry))) return Number(entry);
    } catch {
      // the process has ended meanwhile
    }
  }
  throw new Error(`no process has pid ${inner} in the sandbox`);
}

function sameSandbox(pid: number): boolean {
  return readFileSync(`/proc/${pid}/cgroup`, "utf8").includes(sandbox.cgroupParent);
}
