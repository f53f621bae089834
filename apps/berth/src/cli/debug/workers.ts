import { messageOf, pingWorker } from "@berth/base";
import { buildInfo } from "../../build-info.ts";

/** The longest that one Worker may take to load and answer. */
const timeoutMs = 10_000;

/**
 * `berth debug workers`: opens every Worker of the executable, waits for its answer and ends it. A Worker that is
 * missing from the build would otherwise show only when its first use hangs.
 * @returns the exit code: 0 when all answered
 */
export async function debugWorkers(): Promise<number> {
  let failures = 0;
  for (const path of buildInfo().workers) {
    try {
      await pingWorker(path, timeoutMs);
      process.stdout.write(`${path} ok\n`);
    } catch (error) {
      failures++;
      process.stdout.write(`${path} FAILED: ${messageOf(error)}\n`);
    }
  }
  return failures === 0 ? 0 : 1;
}
