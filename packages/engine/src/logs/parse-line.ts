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

const [zero, nine, plus, minus, letterF, letterP] = [48, 57, 43, 45, 70, 80];
const streams = ["stdout", "stderr"] as const;
const streamBytes = streams.map((name) => Buffer.from(name));

/**
 * Reads one line (without its newline) of the CRI log format that conmon writes:
 * `2006-01-02T15:04:05.000000000+00:00 stdout F text`. null for anything else, such as a line that a power cut tore.
 */
export function parseLine(line: Uint8Array): RawLine | null {
  if (line.length < timeLength + 10 || line[timeLength] !== space || line[timeLength + 7] !== space || line[timeLength + 9] !== space)
    return null;
  const tag = line[timeLength + 8];
  const stream = streams.find((_name, index) => streamBytes[index]?.every((byte, at) => line[timeLength + 1 + at] === byte));
  const timeNs = parseStamp(line);
  if (timeNs === null || stream === undefined || (tag !== letterF && tag !== letterP)) return null;
  return { timeNs, stream, partial: tag === letterP, text: line.subarray(timeLength + 10) };
}

/** Nanoseconds of a fixed-width time stamp; null when it is none. A log has millions of them: no text is made of it. */
function parseStamp(line: Uint8Array): bigint | null {
  const [year, month, day] = [digits(line, 0, 4), digits(line, 5, 7), digits(line, 8, 10)];
  const [hour, minute, second] = [digits(line, 11, 13), digits(line, 14, 16), digits(line, 17, 19)];
  const [fraction, zoneHours, zoneMinutes] = [digits(line, 20, 29), digits(line, 30, 32), digits(line, 33, 35)];
  const sign = line[29] === plus ? 1 : line[29] === minus ? -1 : Number.NaN;
  const ms = Date.UTC(year, month - 1, day, hour, minute, second) - sign * (zoneHours * 60 + zoneMinutes) * 60_000;
  if (Number.isNaN(ms + fraction)) return null;
  return BigInt(ms) * 1_000_000n + BigInt(fraction);
}

/** The number that some bytes spell; NaN when one of them is no digit. */
function digits(line: Uint8Array, from: number, to: number): number {
  let number = 0;
  for (let at = from; at < to; at++) {
    const byte = line[at] ?? 0;
    if (byte < zero || byte > nine) return Number.NaN;
    number = number * 10 + byte - zero;
  }
  return number;
}

/** Where the next newline is from `from` on, or -1. */
export function findNewline(bytes: Uint8Array, from: number): number {
  return bytes.indexOf(newline, from);
}
