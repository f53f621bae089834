import { type Logger, Mutex } from "@berth/base";
import type { Kernel } from "@berth/linux";
import type { Socket, SocketHandler, UnixSocketOptions } from "bun";
import type { BundleRecord } from "../conmon/record.ts";
import type { OutputChunk, StreamSession } from "../ports.ts";
import { OutputQueue, type QueueLimits } from "./output-queue.ts";

/** conmon's stdin buffer: a longer packet would lose its end. */
const PACKET_MAX_BYTES = 32 * 1024;
/** Output that may wait for the disk before the container has to wait, as it does for its log. */
const WRITING_MAX_BYTES = 4 * 1024 * 1024;
/** First byte of conmon's packets. */
const STDERR_PIPE = 3;

/** What a hub is opened with. */
export interface HubOptions {
  readonly kernel: Kernel;
  readonly attachSocket: string;
  readonly record: BundleRecord;
  /** Where slow clients' output waits. */
  readonly spoolFolder: string;
  readonly limits: QueueLimits;
  readonly log: Logger;
  /** The connection has ended. */
  readonly onEnd: () => void;
}

/**
 * One connection to conmon's attach socket, shared by all clients of a container. It is always read: conmon would
 * stop the container for a reader that is late. Without clients it is closed, unless that would end the container's stdin.
 */
export class AttachHub {
  readonly #options: HubOptions;
  readonly #queues = new Set<OutputQueue>();
  readonly #writes = new Mutex();
  readonly #connected: Promise<Socket<undefined> | null>;
  #socket: Socket<undefined> | null = null;
  #writable: PromiseWithResolvers<void> | null = null;
  #paused = false;
  #inputEnded = false;
  #ended = false;

  /** Connects at once: what the container writes from now on is seen. */
  constructor(options: HubOptions) {
    this.#options = options;
    const fd = options.kernel.unixConnect(options.attachSocket, "seqpacket");
    this.#connected = this.#adopt(fd);
  }

  /** Adds a client. */
  join(tty: boolean): StreamSession {
    const queue = new OutputQueue({
      kernel: this.#options.kernel,
      folder: this.#options.spoolFolder,
      limits: this.#options.limits,
      onFlushed: () => this.#throttle(),
    });
    this.#queues.add(queue);
    if (this.#ended) queue.end();
    let left = false;
    return {
      tty,
      output: queue,
      write: (bytes) => (left ? Promise.resolve() : this.#write(bytes)),
      closeInput: () => {
        if (!left) this.#closeInput();
      },
      close: () => {
        left = true;
        queue.close();
        this.#queues.delete(queue);
        this.#throttle();
        this.#closeWhenUnused();
      },
    };
  }

  /** Leaves conmon; clients see the end of the streams. */
  close(): void {
    void this.#connected.then((socket) => socket?.terminate());
    this.#end();
  }

  async #adopt(fd: number): Promise<Socket<undefined> | null> {
    const socket: SocketHandler<undefined, "buffer"> = {
      binaryType: "buffer",
      data: (_socket, packet) => this.#receive(packet),
      drain: () => this.#writable?.resolve(),
      end: (own) => {
        own.end();
        this.#end();
      },
      close: () => this.#end(),
      error: (_socket, error) => {
        this.#options.log.debug("attach connection failed", { error });
        this.#end();
      },
    };
    try {
      // A connected descriptor in place of an address; Bun's types know it for listeners only.
      const options: unknown = { fd, allowHalfOpen: true, socket };
      this.#socket = await Bun.connect(options as UnixSocketOptions<undefined>);
      return this.#socket;
    } catch (error) {
      this.#options.log.warn("cannot use the attach connection", { error });
      this.#end();
      return null;
    }
  }

  #receive(packet: Buffer): void {
    if (packet.length < 2) return;
    const chunk: OutputChunk = { stream: packet[0] === STDERR_PIPE ? 2 : 1, bytes: packet.subarray(1) };
    for (const queue of this.#queues) queue.push(chunk);
    this.#throttle();
  }

  /** Only the disk may slow the container down, never a client. */
  #throttle(): void {
    const busy = [...this.#queues].some((queue) => queue.writingBytes > WRITING_MAX_BYTES);
    if (busy === this.#paused) return;
    this.#paused = busy;
    if (busy) this.#socket?.pause();
    else this.#socket?.resume();
  }

  #write(bytes: Uint8Array): Promise<void> {
    return this.#writes.run(async () => {
      const socket = await this.#connected;
      if (socket === null || !this.#options.record.openStdin) return;
      for (let at = 0; at < bytes.length && !this.#ended && !this.#inputEnded; ) {
        const packet = bytes.subarray(at, at + PACKET_MAX_BYTES);
        this.#writable = Promise.withResolvers<void>();
        const written = socket.write(packet);
        if (written < 0) return;
        at += written;
        if (written < packet.length) await this.#writable.promise;
      }
    });
  }

  /** Docker ends the container's stdin with its client only for StdinOnce, and never a terminal's. */
  #closeInput(): void {
    const { record } = this.#options;
    if (!record.openStdin || !record.stdinOnce || record.tty) return;
    void this.#writes.run(async () => {
      const socket = await this.#connected;
      if (this.#inputEnded || this.#ended) return;
      this.#inputEnded = true;
      // Without an argument it is the writing half.
      socket?.shutdown();
      this.#closeWhenUnused();
    });
  }

  #closeWhenUnused(): void {
    const { record } = this.#options;
    const holdsInput = record.openStdin && record.stdinOnce && !record.tty && !this.#inputEnded;
    if (this.#queues.size === 0 && !holdsInput && !this.#ended) this.close();
  }

  #end(): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#writable?.resolve();
    for (const queue of this.#queues) queue.end();
    this.#options.onEnd();
  }
}
