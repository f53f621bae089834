import { spawn } from "node:child_process";
import { createWriteStream } from "node:fs";
import { root, toolEnvironment } from "./paths.ts";

/** How one command ended. */
export interface Outcome {
  /** Exit code; null when a signal ended it. */
  readonly code: number | null;
  readonly signal: string | null;
  /** Whether its time was up. */
  readonly timedOut: boolean;
  /** The end of what it wrote, both streams as they came. */
  readonly output: string;
  readonly durationMs: number;
}

/** What to run and within which bounds. */
export interface Command {
  readonly program: string;
  readonly args: readonly string[];
  readonly timeoutMs: number;
  readonly env?: Readonly<Record<string, string>>;
  readonly cwd?: string;
  /** A file that gets the whole output. */
  readonly logPath?: string;
  /** Whether the output is also shown as it comes. */
  readonly show?: boolean;
}

/** The most of a command's output that is kept in memory, in characters. */
const keptOutput = 4_000_000;

/**
 * Runs a command in a process group of its own and waits for its end. When its time is up, or when
 * this process is told to end, the group is asked to end (SIGTERM) and ten seconds later killed; nothing outside of it is touched.
 */
export async function runCommand(command: Command): Promise<Outcome> {
  const began = performance.now();
  const log = command.logPath === undefined ? null : createWriteStream(command.logPath);
  const child = spawn(command.program, command.args, {
    cwd: command.cwd ?? root,
    env: toolEnvironment(command.env),
    stdio: ["ignore", "pipe", "pipe"],
    detached: true,
  });
  let output = "";
  function take(chunk: Buffer): void {
    output = (output + chunk.toString("utf8")).slice(-keptOutput);
    log?.write(chunk);
    if (command.show === true) process.stdout.write(chunk);
  }
  child.stdout.on("data", take);
  child.stderr.on("data", take);

  let timedOut = false;
  let killer: ReturnType<typeof setTimeout> | undefined;
  function endGroup(): void {
    signalGroup(child.pid, "SIGTERM");
    killer ??= setTimeout(() => signalGroup(child.pid, "SIGKILL"), 10_000);
  }
  const timer = setTimeout(() => {
    timedOut = true;
    endGroup();
  }, command.timeoutMs);
  process.on("SIGINT", endGroup);
  process.on("SIGTERM", endGroup);
  try {
    const { code, signal } = await ended(child);
    return { code, signal, timedOut, output, durationMs: performance.now() - began };
  } finally {
    clearTimeout(timer);
    clearTimeout(killer);
    process.off("SIGINT", endGroup);
    process.off("SIGTERM", endGroup);
    log?.end();
  }
}

/** Waits for exit and for the last output, the latter no longer than two seconds: a background grandchild may hold the pipe. */
function ended(child: ReturnType<typeof spawn>): Promise<{ code: number | null; signal: string | null }> {
  return new Promise((resolve, reject) => {
    child.on("error", reject);
    child.on("exit", (code, signal) => {
      const result = { code, signal };
      const late = setTimeout(() => resolve(result), 2_000);
      child.on("close", () => {
        clearTimeout(late);
        resolve(result);
      });
    });
  });
}

function signalGroup(pid: number | undefined, signal: NodeJS.Signals): void {
  if (pid === undefined) return;
  try {
    process.kill(-pid, signal);
  } catch (error) {
    // ESRCH: the group has ended already.
    if ((error as NodeJS.ErrnoException).code !== "ESRCH") throw error;
  }
}
