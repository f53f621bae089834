import { open } from "node:fs/promises";

/** criu tells what went wrong near the end; a log with all its details is a few hundred kilobytes. */
const LOG_TAIL_BYTES = 256 * 1024;
const REASON_MAX_CHARACTERS = 400;

/** What says only that something went wrong, not what. */
const noise = /FAILED\.?$|^exited, (status|signal)=|^tun: |tar' exited/;

/** criu's own word for why it failed, from its log; null when the log is missing or has none. */
export async function criuReason(logFile: string): Promise<string | null> {
  return reasonIn(await readTail(logFile));
}

/** Whether the log is that of a dump that was completed. */
export async function dumpIsComplete(logFile: string): Promise<boolean> {
  return /^\([\d.]+\) Dumping finished successfully$/m.test(await readTail(logFile));
}

/** The first error of a log that names a reason: those after it are what followed from it. */
export function reasonIn(log: string): string | null {
  const errors = [...log.matchAll(/^\([\d.]+\)\s+(?:[\w-]+:\s+)?Error \([^)]*\):\s*(.*)$/gm)].map((match) => (match[1] ?? "").trim());
  const reason = errors.find((error) => error !== "" && !noise.test(error)) ?? errors.find((error) => error !== "");
  return reason === undefined ? null : reason.slice(0, REASON_MAX_CHARACTERS);
}

async function readTail(file: string): Promise<string> {
  try {
    await using handle = await open(file, "r");
    const { size } = await handle.stat();
    const length = Math.min(size, LOG_TAIL_BYTES);
    const { buffer, bytesRead } = await handle.read(Buffer.alloc(length), 0, length, size - length);
    return buffer.toString("utf8", 0, bytesRead);
  } catch {
    return "";
  }
}
