import { newId } from "@berth/base";
import type { RawLine } from "../parse-line.ts";
import type { ForwardEntry } from "./entry.ts";

/** The longest piece, as in Docker. */
const pieceBytes = 16 * 1024;

/** A line of one stream whose end has not come yet. Plain JSON. */
export interface OpenLine {
  readonly timeNs: string;
  /** Base64; less than a piece. */
  readonly text: string;
  readonly id: string | null;
  readonly ordinal: number;
}

/** What a splitter holds between two lines of the file. */
export type OpenLines = { readonly [stream in RawLine["stream"]]?: OpenLine };

interface Held {
  readonly timeNs: bigint;
  text: Buffer;
  id: string | null;
  ordinal: number;
}

/** Makes entries of the log file's lines: joins what the monitor read in parts, and cuts long lines into pieces of 16 KiB. */
export class EntrySplitter {
  readonly #open = new Map<RawLine["stream"], Held>();
  #ordinal: number;

  /** `ordinal`: the number of the last entry that was made before. */
  constructor(open: OpenLines, ordinal: number) {
    this.#ordinal = ordinal;
    for (const stream of ["stdout", "stderr"] as const) {
      const line = open[stream];
      if (line !== undefined) {
        this.#open.set(stream, { ...line, timeNs: BigInt(line.timeNs), text: Buffer.from(line.text, "base64") });
      }
    }
  }

  /** The number of the last entry. */
  get ordinal(): number {
    return this.#ordinal;
  }

  /** The entries that `line` completes. */
  add(line: RawLine): ForwardEntry[] {
    const { stream } = line;
    const held = this.#open.get(stream);
    if (held === undefined && !line.partial && line.text.length <= pieceBytes) {
      return [{ stream, timeNs: line.timeNs, text: line.text, piece: null, ordinal: ++this.#ordinal }];
    }
    const joined = held ?? { timeNs: line.timeNs, text: Buffer.alloc(0), id: null, ordinal: 0 };
    // A copy: the line's text is the reader's own block.
    joined.text = Buffer.concat([joined.text, line.text]);
    const entries: ForwardEntry[] = [];
    while (joined.text.length > pieceBytes || (line.partial && joined.text.length === pieceBytes)) {
      entries.push(this.#piece(stream, joined, joined.text.subarray(0, pieceBytes), false));
      joined.text = joined.text.subarray(pieceBytes);
    }
    if (line.partial) {
      this.#open.set(stream, joined);
      return entries;
    }
    this.#open.delete(stream);
    if (joined.id !== null) entries.push(this.#piece(stream, joined, joined.text, true));
    else entries.push({ stream, timeNs: joined.timeNs, text: joined.text, piece: null, ordinal: ++this.#ordinal });
    return entries;
  }

  /** What was begun and never ended. */
  flush(): ForwardEntry[] {
    const entries = [...this.#open]
      .filter(([, held]) => held.text.length > 0)
      .map(([stream, held]) => this.#piece(stream, held, held.text, false));
    this.#open.clear();
    return entries;
  }

  /** What is open now, to be kept with the position. */
  snapshot(): OpenLines {
    return Object.fromEntries(
      [...this.#open].map(([stream, { timeNs, text, id, ordinal }]) => [
        stream,
        { timeNs: String(timeNs), text: text.toString("base64"), id, ordinal },
      ]),
    );
  }

  #piece(stream: RawLine["stream"], held: Held, text: Uint8Array, last: boolean): ForwardEntry {
    held.id ??= newId();
    held.ordinal++;
    return { stream, timeNs: held.timeNs, text, piece: { id: held.id, ordinal: held.ordinal, last }, ordinal: ++this.#ordinal };
  }
}
