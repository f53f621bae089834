import { write } from "node:fs";

/** The reader of our output has gone away (`berth logs web | head -1`). */
export class BrokenPipe extends Error {}

/** Standard output or error: writes in order, waits for slow readers, tells of terminals. */
export interface Output {
  readonly isTerminal: boolean;
  /** Resolves when everything was handed over; rejects with {@link BrokenPipe} when nobody reads any more. */
  write(data: string | Uint8Array): Promise<void>;
  /** Size in characters, or undefined when this is no terminal. */
  size(): { readonly rows: number; readonly columns: number } | undefined;
}

/**
 * Output to a file descriptor. Writes in the thread pool: a write to a full pipe blocks, and signals must still be
 * answered meanwhile. (`Bun.write` to standard output repeats bytes when that is a file open for appending.)
 * `process.stdout` would cost a short command most of its time, so it is asked only about terminals.
 */
export function openOutput(fd: 1 | 2): Output {
  let tail: Promise<void> = Promise.resolve();
  return {
    get isTerminal() {
      return streamOf(fd).isTTY === true;
    },
    write(data) {
      const bytes = typeof data === "string" ? Buffer.from(data) : data;
      tail = tail.then(() => writeAll(fd, bytes));
      return tail;
    },
    size() {
      const stream = streamOf(fd);
      if (stream.isTTY !== true) return undefined;
      const [columns, rows] = stream.getWindowSize();
      return { rows, columns };
    },
  };
}

async function writeAll(fd: number, bytes: Uint8Array): Promise<void> {
  let rest = bytes;
  while (rest.length > 0) {
    const written = await writeOnce(fd, rest);
    rest = rest.subarray(written);
    // A descriptor that another program made non-blocking.
    if (written === 0) await Bun.sleep(5);
  }
}

function writeOnce(fd: number, bytes: Uint8Array): Promise<number> {
  return new Promise((resolve, reject) => {
    write(fd, bytes, 0, bytes.length, null, (error, written) => {
      if (error === null) resolve(written);
      else if (error.code === "EAGAIN") resolve(0);
      else reject(error.code === "EPIPE" ? new BrokenPipe() : error);
    });
  });
}

function streamOf(fd: 1 | 2): NodeJS.WriteStream {
  return fd === 1 ? process.stdout : process.stderr;
}
