import { spawnChild } from "@berth/linux";
import { toolEnvironment } from "./environment.ts";

/** What a short-lived program said. */
export interface ProgramResult {
  readonly exitCode: number;
  readonly output: string;
  readonly error: string;
}

const TIMEOUT_MS = 60_000;
const OUTPUT_MAX_BYTES = 1024 * 1024;

/** Runs a program to its end; it is killed after a minute, or the time that is given. */
export async function spawnAndWait(command: readonly string[], timeoutMs: number = TIMEOUT_MS): Promise<ProgramResult> {
  const child = spawnChild([...command], {
    env: toolEnvironment(),
    stdio: ["ignore", "pipe", "pipe"],
    timeout: timeoutMs,
    killSignal: "SIGKILL",
    maxBuffer: OUTPUT_MAX_BYTES,
  });
  const [output, error, exitCode] = await Promise.all([new Response(child.stdout).text(), new Response(child.stderr).text(), child.exited]);
  return { exitCode, output, error };
}
