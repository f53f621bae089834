import { spawn } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";

/**
 * A place of its own for daemons under test: private mount, pid and network namespaces and a temporary folder. When
 * it is closed, or when the test process dies in any way, the kernel ends every process in it and undoes its mounts,
 * links and namespaces.
 */
export interface Sandbox extends AsyncDisposable {
  /** Temporary folder, seen at the same path inside and outside. */
  readonly folder: string;
  /** Process id of the sandbox's first process, as seen from outside. */
  readonly pid: number;
  /** Name for the parent of all cgroups that are made inside, e.g. `/berth-test-1234`. */
  readonly cgroupParent: string;
  /** Starts a program inside. Its output goes to `<folder>/<name>.log`. */
  start(name: string, command: readonly string[], env?: Readonly<Record<string, string>>): SandboxProcess;
  /** Runs a program inside to its end. */
  run(command: readonly string[], options?: RunOptions): Promise<RunResult>;
  close(): Promise<void>;
}

export interface SandboxProcess {
  /** As seen from outside. */
  readonly pid: number;
  readonly exited: Promise<number>;
  readonly logFile: string;
  signal(name: NodeJS.Signals): void;
}

export interface RunOptions {
  readonly input?: string | Uint8Array;
  readonly env?: Readonly<Record<string, string>>;
  readonly timeoutMs?: number;
}

export interface RunResult {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs a program outside of any sandbox to its end. */
export async function run(command: readonly string[], options: RunOptions = {}): Promise<RunResult> {
  const child = spawn(command[0] ?? "", command.slice(1), {
    stdio: ["pipe", "pipe", "pipe"],
    env: { ...process.env, ...options.env },
  });
  let stdout = "";
  let stderr = "";
  child.stdout.setEncoding("utf8").on("data", (text: string) => {
    stdout += text;
  });
  child.stderr.setEncoding("utf8").on("data", (text: string) => {
    stderr += text;
  });
  child.stdin.on("error", () => undefined); // a program that ends without reading its input
  child.stdin.end(options.input ?? "");
  const timer = setTimeout(() => child.kill("SIGKILL"), options.timeoutMs ?? 60_000);
  const code = await new Promise<number>((resolve, reject) => {
    child.on("error", reject);
    child.on("close", (status, signal) => resolve(status ?? (signal === "SIGKILL" ? 137 : 128)));
  });
  clearTimeout(timer);
  return { code, stdout, stderr };
}

/** Opens a sandbox; `name` shows in process lists and folder names. */
export async function openSandbox(name: string): Promise<Sandbox> {
  const folder = mkdtempSync(path.join(tmpdir(), `berth-${name}-`));
  const cgroupParent = `/${path.basename(folder)}`;
  const reaper = startReaper(folder, cgroupParent);
  // --pdeathsig: the sandbox ends with this process even after kill -9; --kill-child then ends all inside it.
  const child = spawn(
    "setpriv",
    [
      "--pdeathsig",
      "KILL",
      "unshare",
      "--mount",
      "--net",
      "--pid",
      "--ipc",
      "--fork",
      "--kill-child=KILL",
      "--mount-proc",
      "--propagation",
      "private",
      "sh",
      "-c",
      // tini reaps orphans as every real machine's first process does: a zombie keeps its pid namespace, and so a container, alive.
      `ip link set lo up && echo ready > ${folder}/ready && exec tini -- sleep infinity`,
    ],
    { stdio: ["ignore", "ignore", "inherit"] },
  );
  const ended = new Promise<void>((resolve) => child.on("exit", () => resolve()));
  await until(() => existsSync(path.join(folder, "ready")), 10_000, "the sandbox did not start");
  const pid = firstChild(child.pid ?? 0);
  const enter = ["nsenter", "-t", String(pid), "-m", "-n", "-p", "-i"];
  let closed = false;

  async function close(): Promise<void> {
    if (closed) return;
    closed = true;
    child.kill("SIGKILL");
    await ended;
    await until(() => !existsSync(`/proc/${pid}`), 60_000, "the sandbox did not end");
    await reaper.end();
  }

  return {
    folder,
    pid,
    cgroupParent,
    start(processName, command, env = {}) {
      const logFile = path.join(folder, `${processName}.log`);
      const inner = spawn("sh", ["-c", `exec "$@" >>"$0" 2>&1`, logFile, ...enter, ...command], {
        stdio: "ignore",
        env: { ...process.env, ...env },
      });
      const exited = new Promise<number>((resolve) => inner.on("exit", (code) => resolve(code ?? 137)));
      // nsenter -p forks: the program is its only child.
      return {
        get pid() {
          return firstChild(inner.pid ?? 0);
        },
        exited,
        logFile,
        signal: (signalName) => {
          process.kill(firstChild(inner.pid ?? 0), signalName);
        },
      };
    },
    run: (command, options) => run([...enter, ...command], options),
    close,
    [Symbol.asyncDispose]: close,
  };
}

/** Waits until `condition` holds; throws `message` after `timeoutMs`. */
export async function until(condition: () => boolean | Promise<boolean>, timeoutMs: number, message: string): Promise<void> {
  const end = Date.now() + timeoutMs;
  while (!(await condition())) {
    if (Date.now() > end) throw new Error(message);
    await Bun.sleep(20);
  }
}

function firstChild(pid: number): number {
  const children = readFileSync(`/proc/${pid}/task/${pid}/children`, "utf8").trim().split(" ");
  const first = Number(children[0]);
  if (!Number.isInteger(first) || first <= 0) throw new Error(`process ${pid} has no child`);
  return first;
}

/**
 * What is outside of the namespaces, the folder and the cgroups, is removed by a shell that waits for the end of its
 * input: it comes when the test closes the sandbox, and just as well when the test process is killed.
 */
function startReaper(folder: string, cgroupParent: string): { end(): Promise<void> } {
  const script = `
    cat >/dev/null
    for attempt in 1 2 3 4 5 6 7 8 9 10; do
      find /sys/fs/cgroup/*"$1" /sys/fs/cgroup"$1" -depth -type d -exec rmdir {} + 2>/dev/null
      rm -rf --one-file-system "$0" 2>/dev/null && ! ls -d /sys/fs/cgroup/*"$1" /sys/fs/cgroup"$1" >/dev/null 2>&1 && exit 0
      sleep 0.2
    done`;
  const child = spawn("sh", ["-c", script, folder, cgroupParent], { stdio: ["pipe", "ignore", "ignore"], detached: true });
  const ended = new Promise<void>((resolve) => child.on("exit", () => resolve()));
  child.unref();
  return {
    end: async () => {
      child.stdin.end();
      await ended;
    },
  };
}
