/** One line of the monitor's log file. */
export interface RawLine {
  readonly timeNs: bigint;
  readonly stream: "stdout" | "stderr";
  /** The program's line goes on in the next one of the same stream. */
  readonly partial: boolean;
  /** Without the newline of the file. */
  readonly text: Uint8Array;
}

const newline = 10;
const space = 32;
// 2006-01-02T15:04:05.000000000+00:00
const timeLength = 35;

/**
 * Reads one line (without its newline) of the CRI log format that conmon writes:
 * `2006-01-02T15:04:05.000000000+00:00 stdout F text`. null for anything else, such as a line that a power cut tore.
 */
export function parseLine(line: Uint8Array): RawLine | null {
  if (line.length < timeLength + 10 || line[timeLength] !== space || line[timeLength + 7] !== space || line[timeLength + 9] !== space)
    return null;
  const head = Buffer.from(line.buffer, line.byteOffset, timeLength + 9).toString("latin1");
  const stream = head.slice(timeLength + 1, timeLength + 7);
  const tag = head.slice(timeLength + 8);
  const timeNs = parseStamp(head);
  if (timeNs === null || (stream !== "stdout" && stream !== "stderr") || (tag !== "F" && tag !== "P")) return null;
  return { timeNs, stream, partial: tag === "P", text: line.subarray(timeLength + 10) };
}

/** Nanoseconds of a fixed-width time stamp; null when it is none. */
function parseStamp(text: string): bigint | null {
  const ms = Date.parse(`${text.slice(0, 19)}${text.slice(29, timeLength)}`);
  const fraction = text.slice(20, 29);
  if (Number.isNaN(ms) || !/^\d{9}$/.test(fraction)) return null;
  return BigInt(ms) * 1_000_000n + BigInt(fraction);
}

/** Where the next newline is from `from` on, or -1. */
export function findNewline(bytes: Uint8Array, from: number): number {
  return bytes.indexOf(newline, from);
}
