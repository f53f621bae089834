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

/** As many bytes as an empty pipe takes at once (PIPE_BUF, pipe(7)). */
const shortBytes = 4096;

/**
 * Output to a file descriptor. Writes in the thread pool: a write to a full pipe blocks, and signals must still be
 * answered meanwhile. Most commands write one short text, and loading `node:fs` for it would take them a fifth of
 * their time: the first text, if it is short, is written by Bun. `process.stdout` would cost more still, so it is asked
 * only about terminals.
 */
export function openOutput(fd: 1 | 2): Output {
  let tail: Promise<void> | undefined;
  return {
    get isTerminal() {
      return streamOf(fd).isTTY === true;
    },
    write(data) {
      const bytes = typeof data === "string" ? Buffer.from(data) : data;
      if (tail === undefined) tail = bytes.length <= shortBytes ? writeShort(fd, bytes) : writeAll(fd, bytes);
      else tail = tail.then(() => writeAll(fd, bytes));
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

/** `Bun.write` to standard output repeats bytes when that is a file, so files are left to node:fs. */
async function writeShort(fd: 1 | 2, bytes: Uint8Array): Promise<void> {
  const target = fd === 1 ? Bun.stdout : Bun.stderr;
  if (bytes.length === 0) return;
  if ((await target.stat()).isFile()) return writeAll(fd, bytes);
  try {
    const written = await Bun.write(target, bytes);
    await writeAll(fd, bytes.subarray(written));
  } catch (error) {
    throw brokenPipe(error);
  }
}

async function writeAll(fd: number, bytes: Uint8Array): Promise<void> {
  if (bytes.length === 0) return;
  const { write } = await import("node:fs");
  const writeOnce = (piece: Uint8Array): Promise<number> =>
    new Promise((resolve, reject) => {
      write(fd, piece, 0, piece.length, null, (error, written) => {
        if (error === null) resolve(written);
        else if (error.code === "EAGAIN") resolve(0);
        else reject(brokenPipe(error));
      });
    });
  let rest = bytes;
  while (rest.length > 0) {
    const written = await writeOnce(rest);
    rest = rest.subarray(written);
    // A descriptor that another program made non-blocking.
    if (written === 0) await Bun.sleep(5);
  }
}

function brokenPipe(error: unknown): Error {
  if (error instanceof Error) return "code" in error && error.code === "EPIPE" ? new BrokenPipe() : error;
  return new Error(String(error));
}

function streamOf(fd: 1 | 2): NodeJS.WriteStream {
  return fd === 1 ? process.stdout : process.stderr;
}
