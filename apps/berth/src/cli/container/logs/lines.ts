import { FrameParser, streamIds } from "@berth/spec";

/** A line of a log. */
export interface LogLine {
  readonly stream: 1 | 2;
  /** RFC 3339 in UTC with nine digits behind the second: comparing texts compares times. */
  readonly time: string;
  /** Without time and line break. */
  readonly text: Buffer;
}

/** Lines without an end are handed on in pieces of so many bytes. */
const longestBytes = 1024 * 1024;
const timePattern = /^(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{9}Z) /;
const timeBytes = 31;
const lineFeed = 10;
const carriageReturn = 13;

/**
 * Takes a log apart that was asked for with timestamps, framed or (of a container with a terminal) not. What has no time of its own
 * gets that of the line before.
 */
export async function* readLogLines(body: AsyncIterable<Uint8Array>, tty: boolean): AsyncGenerator<LogLine[]> {
  const [frames, splitters] = [new FrameParser(), { 1: new Splitter(1), 2: new Splitter(2) }];
  for await (const bytes of body) {
    const lines: LogLine[] = [];
    if (tty) lines.push(...splitters[1].push(bytes));
    else {
      for (const piece of frames.push(bytes)) {
        if (piece.stream === streamIds.systemError) throw new Error(Buffer.from(piece.bytes).toString().trim());
        lines.push(...splitters[piece.stream === streamIds.stderr ? 2 : 1].push(piece.bytes));
      }
    }
    if (lines.length > 0) yield lines;
  }
  const rest = [...splitters[1].end(), ...splitters[2].end()];
  if (rest.length > 0) yield rest;
}

class Splitter {
  readonly #stream: 1 | 2;
  #pieces: Uint8Array[] = [];
  #bytes = 0;
  #time = "";

  constructor(stream: 1 | 2) {
    this.#stream = stream;
  }

  push(bytes: Uint8Array): LogLine[] {
    const lines: LogLine[] = [];
    let from = 0;
    for (let at = bytes.indexOf(lineFeed); at >= 0; at = bytes.indexOf(lineFeed, from)) {
      this.#keep(bytes.subarray(from, at));
      lines.push(...this.#take());
      from = at + 1;
    }
    this.#keep(bytes.subarray(from));
    if (this.#bytes > longestBytes) lines.push(...this.#take());
    return lines;
  }

  end(): LogLine[] {
    return this.#bytes === 0 ? [] : this.#take();
  }

  #keep(bytes: Uint8Array): void {
    if (bytes.length === 0) return;
    this.#pieces.push(bytes);
    this.#bytes += bytes.length;
  }

  #take(): LogLine[] {
    const line = Buffer.concat(this.#pieces);
    [this.#pieces, this.#bytes] = [[], 0];
    const [head, time] = timePattern.exec(line.toString("latin1", 0, timeBytes)) ?? ["", this.#time];
    this.#time = time ?? "";
    const end = line.at(-1) === carriageReturn ? line.length - 1 : line.length;
    return [{ stream: this.#stream, time: this.#time, text: line.subarray(head.length, end) }];
  }
}
