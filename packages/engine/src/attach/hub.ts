import type { Logger } from "@berth/base";
import type { StreamSession } from "@berth/runtime";
import { AttachClient, type ClientOptions } from "./client.ts";

const highWaterBytes = 1024 * 1024;
const hardLimitBytes = 16 * 1024 * 1024;

/**
 * All clients of one container over one line to it. The line is read as fast as the fastest client takes; one that
 * falls 16 MiB behind the others is let go, so that it costs neither them nor the daemon's memory. (A single client
 * is never let go: the line itself waits for it without holding the container up.)
 */
export class AttachHub {
  readonly #log: Logger;
  readonly #onEmpty: () => void;
  readonly #clients = new Set<AttachClient>();
  #session: StreamSession | null = null;
  #pumped: Promise<void> = Promise.resolve();
  #wake: () => void = () => undefined;
  #pending: Uint8Array[] = [];
  #inputClosed = false;

  constructor(options: { readonly log: Logger; readonly onEmpty: () => void }) {
    this.#log = options.log;
    this.#onEmpty = options.onEmpty;
  }

  get isOpen(): boolean {
    return this.#session !== null;
  }

  /** Resolves when the line has ended and all of it was handed out. */
  get pumped(): Promise<void> {
    return this.#pumped;
  }

  add(options: ClientOptions, detached: () => void): AttachClient {
    const client = new AttachClient(options, {
      write: (bytes) => this.#write(bytes),
      closeInput: () => this.#closeInput(),
      taken: () => this.#wake(),
      leave: (gone) => this.#leave(gone),
      detached,
    });
    this.#clients.add(client);
    return client;
  }

  /** Connects the clients to a line. */
  open(session: StreamSession): void {
    this.#session = session;
    for (const bytes of this.#pending) void session.write(bytes);
    this.#pending = [];
    if (this.#inputClosed) session.closeInput();
    this.#pumped = this.#pump(session).catch((error: unknown) => this.#log.warn("a container's streams ended with an error", { error }));
  }

  /** Lets all clients go. */
  end(): void {
    for (const client of [...this.#clients]) client.finish();
    this.#clients.clear();
    this.#session?.close();
    this.#wake();
    this.#onEmpty();
  }

  async #pump(session: StreamSession): Promise<void> {
    try {
      for await (const chunk of session.output) {
        for (const client of [...this.#clients]) {
          client.deliver(chunk);
          if (client.waitingBytes > hardLimitBytes && this.#clients.size > 1) this.#letGo(client);
        }
        await this.#room();
      }
    } finally {
      this.end();
    }
  }

  // Waits while every client has enough to do.
  async #room(): Promise<void> {
    while (this.#clients.size > 0 && [...this.#clients].every((client) => client.waitingBytes > highWaterBytes)) {
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
  }

  #letGo(client: AttachClient): void {
    this.#log.warn("a slow attached client was let go", { waitingBytes: client.waitingBytes });
    client.close();
  }

  async #write(bytes: Uint8Array): Promise<void> {
    if (this.#session !== null) return this.#session.write(bytes);
    // Typed before the program runs; little of it, because the door reads on only when this returns.
    this.#pending.push(bytes.slice());
    while (this.#session === null && this.#clients.size > 0 && this.#pending.length > 16) await Bun.sleep(20);
  }

  #closeInput(): void {
    this.#inputClosed = true;
    this.#session?.closeInput();
  }

  #leave(client: AttachClient): void {
    this.#clients.delete(client);
    this.#wake();
    if (this.#clients.size > 0) return;
    this.#session?.close();
    this.#onEmpty();
  }
}
