import { mkdirSync } from "node:fs";
import path from "node:path";
import { fail, type Logger } from "@berth/base";
import { type Fd, type Kernel, spawnChild } from "@berth/linux";
import { parseAnswer } from "../conmon/answer.ts";
import { sendResize } from "../conmon/control.ts";
import { toolEnvironment } from "../oci/environment.ts";
import { startError } from "../oci/errors.ts";
import { Scratch } from "../oci/scratch.ts";
import type { ExecProcess } from "../ports.ts";
import { readLine } from "../read-line.ts";
import { removeFolderSync } from "../remove-folder.ts";
import { encodeSpec } from "../spec/encode.ts";
import { AttachHub } from "../streams/hub.ts";
import type { QueueLimits } from "../streams/output-queue.ts";
import { readLines } from "./line-reader.ts";
import { type ExecOptions, holdProgram, processOf } from "./run-exec.ts";

const ANSWER_TIMEOUT_MS = 60_000;
const BYTE = new Uint8Array([0x78]);

/**
 * An exec with a terminal by conmon, for runtimes other than crun: they give a terminal away only when they do not wait
 * for the program, and then somebody else must, as its parent.
 * @throws StartError with Docker's words when it cannot be run
 */
export async function runMonitoredExec(
  options: ExecOptions & { readonly conmon: string; readonly log: Logger; readonly limits: QueueLimits },
): Promise<ExecProcess> {
  const { kernel, layout, request, record } = options;
  const scratch = path.join(layout.execs, request.execId);
  const own = new Scratch({ ...options, id: request.execId });
  mkdirSync(path.join(scratch, "exits"), { recursive: true, mode: 0o700 });
  const process = processOf(request);
  await Bun.write(path.join(scratch, "process.json"), encodeSpec(process));
  const [syncRead, syncWrite] = kernel.pipe2(0);
  const [startRead, startWrite] = kernel.pipe2(0);
  const [attachRead, attachWrite] = kernel.pipe2(0);
  const clean = (): void => removeFolderSync(scratch);
  const theirs = [syncWrite, startRead, attachWrite];
  const answers = readLines(kernel, syncRead);
  const listening = readLine({ kernel, fd: attachRead, timeoutMs: ANSWER_TIMEOUT_MS, limitBytes: 1024, what: "conmon" });
  const started = within(answers.next());
  for (const promise of [listening, started]) promise.catch(() => undefined);
  try {
    await options.steps.run("exec.spawn", () =>
      spawnChild([options.conmon, ...execArguments(options, scratch)], {
        env: toolEnvironment({ ...own.make(), ...options.call.environment, _OCI_SYNCPIPE: "3", _OCI_STARTPIPE: "4", _OCI_ATTACHPIPE: "5" }),
        stdio: ["ignore", "ignore", "ignore", syncWrite, startRead, attachWrite],
      }),
    );
    closeAll(kernel, theirs.splice(0));
    kernel.write(startWrite, BYTE);
    // It listens now; the program starts with the second byte, so that none of its output is missed.
    await listening;
    const hub = new AttachHub({
      kernel,
      attachSocket: path.join(scratch, "attach"),
      record: { ...record, tty: true, openStdin: request.attachStdin },
      spoolFolder: path.dirname(record.logFile),
      limits: options.limits,
      log: options.log,
      onEnd: () => undefined,
    });
    kernel.write(startWrite, BYTE);
    const answer = parseAnswer(String((await started).value ?? ""));
    if (answer.data <= 0) {
      hub.close();
      throw startError({ operation: "exec", runtime: record.runtime, command: process.args[0] ?? "", message: answer.message });
    }
    const exited = answers.next().then(async ({ value }) => {
      await answers.return(undefined);
      clean();
      const code = parseAnswer(String(value ?? "")).data;
      return code < 0 ? 137 : code;
    });
    const control = { control: path.join(scratch, "ctl"), folder: scratch };
    return {
      pid: answer.data,
      pidStartTime: holdProgram(options.tree, answer.data),
      processes: options.tree,
      exited,
      session: hub.join(true),
      resize: (rows, columns) => sendResize({ kernel, files: control, rows, columns }),
    };
  } catch (error) {
    await answers.return(undefined);
    clean();
    throw error;
  } finally {
    // Our own ends of the others close with their ends.
    closeAll(kernel, [startWrite, ...theirs]);
    await own.remove();
  }
}

function execArguments({ layout, call, request, join }: ExecOptions, scratch: string): string[] {
  return [
    ...["--api-version", "1", "--cid", request.containerId, "--cuuid", request.execId, "--name", request.execId],
    ...["--runtime", call.path, "--runtime-arg", "--root", "--runtime-arg", layout.state],
    ...["--bundle", scratch, "--container-pidfile", path.join(scratch, "pid"), "--conmon-pidfile", path.join(scratch, "conmon.pid")],
    ...["--exit-dir", path.join(scratch, "exits"), "--full-attach", "--no-sync-log", "--log-level", "error", "--log-path", "none"],
    ...["--exec", "--exec-attach", "--exec-process-spec", path.join(scratch, "process.json"), "--terminal", "--leave-stdin-open"],
    ...(request.attachStdin ? ["--stdin"] : []),
    ...join.words.flatMap((word) => ["--runtime-opt", word]),
  ];
}

async function within<T>(answer: Promise<T>): Promise<T> {
  const late = Promise.withResolvers<never>();
  const timer = setTimeout(() => late.reject(fail("timeout", `conmon did not answer within ${ANSWER_TIMEOUT_MS} ms`)), ANSWER_TIMEOUT_MS);
  try {
    return await Promise.race([answer, late.promise]);
  } finally {
    clearTimeout(timer);
  }
}

function closeAll(kernel: Kernel, fds: readonly Fd[]): void {
  for (const fd of fds) kernel.close(fd);
}
