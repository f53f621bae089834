import { mkdirSync, readFileSync } from "node:fs";
import path from "node:path";
import { fail, type Steps } from "@berth/base";
import { type Blocking, type Fd, type Kernel, spawnChild } from "@berth/linux";
import type { RuntimeProcess } from "@berth/spec";
import type { Subprocess } from "bun";
import type { BundleRecord } from "../conmon/record.ts";
import { readPid } from "../conmon/spawn.ts";
import type { BundleFiles, Layout } from "../layout.ts";
import { toolEnvironment } from "../oci/environment.ts";
import { startError } from "../oci/errors.ts";
import type { RuntimeCall } from "../oci/protected-program.ts";
import { Scratch } from "../oci/scratch.ts";
import type { ExecProcess, ExecRequest } from "../ports.ts";
import { processStat } from "../process-stat.ts";
import { readLine } from "../read-line.ts";
import { removeFolderSync } from "../remove-folder.ts";
import { encodeSpec } from "../spec/encode.ts";
import { OutputChannel } from "./channel.ts";
import { LENT_FD, lentCommand, openLentShell } from "./lent-shell.ts";
import { InputPipe, type Pump, pumpOutput } from "./pump.ts";
import { receiveTerminal } from "./terminal.ts";
import type { ExecTree, JoinPlan } from "./tree.ts";

const START_TIMEOUT_MS = 60_000;
/** Background processes may hold the streams open after the exec has ended; so long they are waited for. */
const STREAM_GRACE_MS = 2000;
const POLL_MS = 2;
/** An empty pipe takes so much at once, whatever its size is (pipe(7)). */
const PAGE_BYTES = 4096;

/** What an exec needs besides its request. */
export interface ExecOptions {
  readonly kernel: Kernel;
  readonly blocking: Pick<Blocking, "unmount">;
  readonly steps: Steps;
  readonly layout: Layout;
  readonly files: BundleFiles;
  readonly record: BundleRecord;
  readonly call: RuntimeCall;
  readonly request: ExecRequest;
  /** The mark that its processes are told by, open already. */
  readonly tree: ExecTree;
  /** How the runtime gets the program there. */
  readonly join: JoinPlan;
}

/**
 * Runs a program in a running container by `crun exec`, with real pipes (so that it may open /dev/stderr) or a
 * terminal. There is no monitor: the program ends with the container, and its exit code goes with the daemon.
 * @throws StartError with Docker's words when it cannot be run
 */
export async function runExec(options: ExecOptions): Promise<ExecProcess> {
  const { kernel, layout, request } = options;
  const scratch = path.join(layout.execs, request.execId);
  mkdirSync(scratch, { recursive: true, mode: 0o700 });
  const own = new Scratch({ ...options, id: request.execId });
  const held = new Set<Fd>();
  try {
    return await start(options, { scratch, places: own.make(), held });
  } finally {
    for (const fd of held) kernel.close(fd);
    removeFolderSync(scratch);
    await own.remove();
  }
}

async function start(
  options: ExecOptions,
  parts: { readonly scratch: string; readonly places: Readonly<Record<string, string>>; readonly held: Set<Fd> },
): Promise<ExecProcess> {
  const { kernel, steps, request } = options;
  const { scratch, held } = parts;
  const process = processOf(request);
  const tty = process.terminal;
  const spec = encodeSpec(process);
  const gated = options.join.runtimeFirst;
  if (!gated) await Bun.write(path.join(scratch, "process.json"), spec);
  const pipe = (): [Fd, Fd] => {
    const ends = kernel.pipe2(0);
    held.add(ends[0]).add(ends[1]);
    return ends;
  };
  const input = !tty && request.attachStdin ? pipe() : null;
  const output = !tty && request.attachOutput ? pipe() : null;
  const errors = !tty && request.attachOutput ? pipe() : null;
  const started = pipe();
  // The runtime begins when it has read what to run, and no sooner.
  const gate = gated ? pipe() : null;
  const terminal = tty ? kernel.unixListen(path.join(scratch, "pty"), 0o600) : null;
  if (terminal !== null) held.add(terminal);
  // Where the program looks for it; what stands behind it is the runtime's alone.
  const lent = request.lentShell === undefined ? [] : [openLentShell(kernel, request.lentShell)];
  for (const fd of lent) held.add(fd);

  const more = [...lent, started[1], ...(gate === null ? [] : [gate[0]])];
  const child = await steps.run("exec.spawn", () =>
    spawnChild(execCommand(options, scratch, tty), {
      env: toolEnvironment({ ...parts.places, ...options.call.environment }),
      stdio: [input?.[0] ?? "ignore", output?.[1] ?? "ignore", errors?.[1] ?? "ignore", ...more],
    }),
  );
  for (const fd of [input?.[0], output?.[1], errors?.[1], ...lent, started[1], gate?.[0]]) release(kernel, held, fd);
  if (gate !== null) {
    held.delete(gate[1]);
    await letRun(options, { child, gate: gate[1], spec });
  }
  held.delete(started[0]);
  const { pid, startTime, master } = await begun(options, { child, scratch, started: started[0], terminal });

  const take = (fd: Fd): Fd => {
    held.delete(fd);
    return fd;
  };
  const channel = new OutputChannel();
  const pumps: Pump[] = [];
  if (master !== null) pumps.push(pumpOutput({ kernel, fd: master, stream: 1, to: channel }));
  if (output !== null) pumps.push(pumpOutput({ kernel, fd: take(output[0]), stream: 1, to: channel }));
  if (errors !== null) pumps.push(pumpOutput({ kernel, fd: take(errors[0]), stream: 2, to: channel }));
  const resizer = master === null ? null : kernel.dup(master);
  const stdin = master !== null ? new InputPipe(kernel, kernel.dup(master)) : input === null ? null : new InputPipe(kernel, take(input[1]));
  let live = true;
  const resize = (rows: number, columns: number): void => {
    if (live && resizer !== null) kernel.setWindowSize(resizer, rows, columns);
  };
  if (request.consoleSize !== null) resize(...request.consoleSize);
  if (!request.attachOutput) channel.discard();

  const exited = child.exited.then(async () => {
    await drained(pumps);
    channel.end();
    stdin?.abort();
    live = false;
    if (resizer !== null) kernel.close(resizer);
    return exitCodeOf(child);
  });
  return {
    pid,
    pidStartTime: startTime,
    processes: options.tree,
    exited,
    resize,
    session: {
      tty,
      output: channel,
      write: async (bytes) => stdin?.write(bytes),
      // The end of a terminal's input is a character, not a closed file.
      closeInput: () => {
        if (!tty) stdin?.close();
      },
      close: () => {
        channel.discard();
        if (!tty) stdin?.close();
      },
    },
  };
}

/** The process with the size its terminal begins with, and with the shell that is lent to it. */
export function processOf(request: ExecRequest): RuntimeProcess {
  const { consoleSize: size, process, lentShell } = request;
  return {
    ...process,
    ...(lentShell === undefined ? {} : { args: lentCommand(process.args) }),
    ...(process.terminal && size !== null ? { consoleSize: { height: size[0], width: size[1] } } : {}),
  };
}

function execCommand({ layout, record, call, request, join }: ExecOptions, scratch: string, tty: boolean): string[] {
  // crun opens the pid file in place, so it can be a pipe; runc writes another file and renames it.
  const lent = request.lentShell === undefined ? 0 : 1;
  const told = LENT_FD + lent;
  const pidFile = record.runtime === "crun" ? `/proc/self/fd/${told}` : path.join(scratch, "pid");
  return [
    ...[call.path, "--root", layout.state, "--log", path.join(scratch, "log"), "--log-format", "json"],
    ...["exec", "--pid-file", pidFile, "--process", join.runtimeFirst ? `/proc/self/fd/${told + 1}` : path.join(scratch, "process.json")],
    ...join.words,
    ...(lent === 0 ? [] : ["--preserve-fds", String(lent)]),
    ...(tty ? ["--console-socket", path.join(scratch, "pty")] : []),
    request.containerId,
  ];
}

/** Puts a runtime that waits for its orders into the container's cgroups, and gives them. */
async function letRun(
  options: ExecOptions,
  parts: { readonly child: Subprocess; readonly gate: Fd; readonly spec: string },
): Promise<void> {
  const { kernel, tree } = options;
  const orders = Buffer.from(parts.spec);
  try {
    await tree.admit(parts.child.pid);
    if (orders.length > PAGE_BYTES) {
      const pipe = new InputPipe(kernel, parts.gate);
      void pipe.write(orders);
      pipe.close();
      return;
    }
    kernel.write(parts.gate, orders);
  } catch {
    // The container has ended just now: without orders the runtime gives up, and says why.
  }
  kernel.close(parts.gate);
}

/** The program's pid and terminal once it runs. A runtime that does not come that far is killed: nobody would wait for it. */
async function begun(
  options: ExecOptions,
  parts: { readonly child: Subprocess; readonly scratch: string; readonly started: Fd; readonly terminal: Fd | null },
): Promise<{ readonly pid: number; readonly startTime: bigint; readonly master: Fd | null }> {
  const { child, scratch, started, terminal } = parts;
  const { kernel, record } = options;
  try {
    const pid = await waitForPid({ kernel, child, fd: started, scratch, runtime: record.runtime });
    if (pid === null) throw await refusal(options, child, scratch);
    const startTime = holdProgram(options.tree, pid);
    return { pid, startTime, master: terminal === null ? null : await receiveTerminal(kernel, terminal) };
  } catch (error) {
    child.kill("SIGKILL");
    throw error;
  }
}

/** Takes note of a program that has just been started; its start time, 0 when it has ended and was waited for already. */
export function holdProgram(tree: ExecTree, pid: number): bigint {
  const startTime = processStat(pid)?.startTime ?? 0n;
  tree.hold(pid, startTime);
  return startTime;
}

/** The program's pid once it runs; null when the runtime gave up. Closes `fd`. */
async function waitForPid(options: {
  readonly kernel: Kernel;
  readonly child: Subprocess;
  readonly fd: Fd;
  readonly scratch: string;
  readonly runtime: string;
}): Promise<number | null> {
  const { child, scratch } = options;
  const told = readLine({
    kernel: options.kernel,
    fd: options.fd,
    timeoutMs: START_TIMEOUT_MS,
    limitBytes: 64,
    what: "the runtime",
    single: true,
  });
  if (options.runtime === "crun") {
    const text = await told;
    return /^[1-9]\d*$/.test(text) ? Number(text) : null;
  }
  let late = false;
  told.catch(() => {
    late = true;
  });
  for (;;) {
    const pid = readPid(path.join(scratch, "pid"));
    if (pid !== null) return pid;
    if (child.exitCode !== null || child.signalCode !== null) return null;
    if (late) await told;
    await Bun.sleep(POLL_MS);
  }
}

async function refusal(options: ExecOptions, child: Subprocess, scratch: string): Promise<Error> {
  await child.exited;
  let message = "";
  try {
    message = readFileSync(path.join(scratch, "log"), "utf8");
  } catch {
    // The runtime was killed before it could say anything.
  }
  if (/is not running|container not running|does not exist|No such file or directory.*status/i.test(message)) {
    return fail("conflict", `Container ${options.request.containerId} is not running`);
  }
  return startError({ operation: "exec", runtime: options.record.runtime, command: options.request.process.args[0] ?? "", message });
}

async function drained(pumps: readonly Pump[]): Promise<void> {
  for (const pump of pumps) pump.finish(STREAM_GRACE_MS);
  await Promise.all(pumps.map((pump) => pump.done));
}

function exitCodeOf(child: Subprocess): number {
  // The runtime itself was killed: the program's own code is not known.
  return child.exitCode ?? 137;
}

function release(kernel: Kernel, held: Set<Fd>, fd: Fd | undefined): void {
  if (fd !== undefined && held.delete(fd)) kernel.close(fd);
}
