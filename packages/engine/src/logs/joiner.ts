import type { LogEntry } from "../ports.ts";
import type { RawLine } from "./parse-line.ts";

const maxJoinedBytes = 1024 * 1024;
const newline = Uint8Array.of(10);

interface Open {
  timeNs: bigint;
  parts: Uint8Array[];
  bytes: number;
}

/** Joins partial lines of the log file, per stream. A line of more than a megabyte comes out in pieces without newline. */
export class LineJoiner {
  readonly #open = new Map<RawLine["stream"], Open>();

  /** The entry that `line` completes, or null. */
  add(line: RawLine): LogEntry | null {
    const open = this.#open.get(line.stream);
    if (!line.partial && open === undefined) {
      return { stream: line.stream, timeNs: line.timeNs, bytes: Buffer.concat([line.text, newline]) };
    }
    const joined = open ?? { timeNs: line.timeNs, parts: [], bytes: 0 };
    // A copy: `slice` of a Buffer would be the reader's own block, which the next read overwrites.
    joined.parts.push(Buffer.from(line.text));
    joined.bytes += line.text.length;
    if (line.partial && joined.bytes < maxJoinedBytes) {
      this.#open.set(line.stream, joined);
      return null;
    }
    this.#open.delete(line.stream);
    return {
      stream: line.stream,
      timeNs: joined.timeNs,
      bytes: Buffer.concat(line.partial ? joined.parts : [...joined.parts, newline]),
    };
  }

  /** What was begun and never ended: the program wrote no newline at its end. */
  flush(): LogEntry[] {
    const rest = [...this.#open].map(([stream, open]) => ({ stream, timeNs: open.timeNs, bytes: Buffer.concat(open.parts) }));
    this.#open.clear();
    return rest;
  }
}
