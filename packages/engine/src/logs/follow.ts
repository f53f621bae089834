import { dirname } from "node:path";
import { Bell } from "./bell.ts";
import type { LogHandle } from "./files.ts";
import { LineReader } from "./line-reader.ts";
import type { RawLine } from "./parse-line.ts";
import type { LogSuccessors } from "./successors.ts";

const pollMs = 200;

/**
 * Lines, in blocks, of the file `current` and of all that take its place, until the container has ended and everything was read.
 * A file is left for the next only when the next is there: until the monitor has opened that, it writes to the old one.
 * Closes the handles it was given and those it opens.
 */
export async function* followLines(options: {
  readonly path: string;
  readonly current: LogHandle | null;
  readonly reader: LineReader | null;
  readonly successors: LogSuccessors;
  /** Whether more can come. */
  readonly alive: () => boolean;
  readonly signal: AbortSignal;
}): AsyncGenerator<readonly RawLine[], void, undefined> {
  const bell = new Bell(dirname(options.path), { signal: options.signal, pollMs });
  let { current, reader } = options;
  try {
    while (!options.signal.aborted) {
      // Asked before reading: what was written while it lived is then read.
      const last = !options.alive();
      // The same for the successor: what the monitor wrote before it opened the next file is read first.
      const next = await options.successors.next(current);
      if (reader !== null) yield* reader.blocks();
      if (next !== null) {
        await current?.handle.close();
        current = next;
        reader = new LineReader(next.handle, 0);
        continue;
      }
      if (last) return;
      await bell.next();
    }
  } finally {
    bell.close();
    await current?.handle.close();
  }
}
