import { Mutex } from "@berth/base";
import type { Fd, Kernel } from "@berth/linux";
import type { OutputChunk } from "../ports.ts";
import type { OutputChannel } from "./channel.ts";

/** Reading from one descriptor into a channel. */
export interface Pump {
  /** The descriptor's end, or its error: a terminal ends with EIO. */
  readonly done: Promise<void>;
  stop(): void;
}

/** Carries what comes from a pipe or terminal into the channel and closes the descriptor at its end. */
export function pumpOutput(options: {
  readonly kernel: Kernel;
  readonly fd: Fd;
  readonly stream: OutputChunk["stream"];
  readonly to: OutputChannel;
}): Pump {
  const { kernel, fd, stream, to } = options;
  kernel.setNonBlocking(fd, true);
  const reader = Bun.file(fd).stream().getReader();
  async function run(): Promise<void> {
    try {
      for (;;) {
        const { done, value } = await reader.read();
        if (done) break;
        await to.push({ stream, bytes: value });
      }
    } catch {
      // EIO: the last process has closed the terminal.
    } finally {
      kernel.close(fd);
    }
  }
  return {
    done: run(),
    stop: () => void reader.cancel().catch(() => undefined),
  };
}

/** An exec's stdin: a pipe's or a terminal's end. */
export class InputPipe {
  readonly #kernel: Kernel;
  readonly #fd: Fd;
  readonly #sink: ReturnType<ReturnType<typeof Bun.file>["writer"]>;
  readonly #writes = new Mutex();
  #open = true;

  constructor(kernel: Kernel, fd: Fd) {
    kernel.setNonBlocking(fd, true);
    this.#kernel = kernel;
    this.#fd = fd;
    this.#sink = Bun.file(fd).writer();
  }

  /** Resolves when the bytes were taken; does nothing when the program has closed its stdin. */
  write(bytes: Uint8Array): Promise<void> {
    return this.#writes.run(async () => {
      if (!this.#open) return;
      try {
        void this.#sink.write(bytes);
        await this.#sink.flush();
      } catch {
        // EPIPE: nobody reads any more.
        this.#shut();
      }
    });
  }

  /** The end, after what was written before. */
  close(): void {
    void this.#writes.run(() => this.#shut());
  }

  /** The end at once: the program has gone. */
  abort(): void {
    this.#shut();
  }

  #shut(): void {
    if (!this.#open) return;
    this.#open = false;
    // The sink has a descriptor of its own; its failure only says that nobody reads what was left.
    const ended = new Promise((resolve) => resolve(this.#sink.end()));
    ended.catch(() => undefined);
    this.#kernel.close(this.#fd);
  }
}
