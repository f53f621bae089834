import { deferred } from "@berth/base";
import type { StreamSession } from "@berth/runtime";
import { DetachScanner } from "../attach/detach-keys.ts";
import type { AttachSession, OutputChunk } from "../ports.ts";
import { withHeartbeat } from "./heartbeat.ts";

const heartbeatMs = 10_000;

/** An exec's streams with Docker's detach keys (with a terminal only). */
export class ExecSession implements AttachSession {
  readonly tty: boolean;
  readonly over: Promise<"ended" | "detached">;
  readonly output: AsyncIterable<OutputChunk>;
  readonly #session: StreamSession;
  readonly #scanner: DetachScanner | null;
  readonly #wants: Readonly<Record<OutputChunk["stream"], boolean>>;
  readonly #onDetach: () => void;
  readonly #onClose: () => void;
  readonly #closesWithInput: boolean;
  #closed = false;
  readonly #over = deferred<"ended" | "detached">();

  constructor(options: {
    readonly session: StreamSession;
    readonly detachKeys: readonly number[];
    /** Which streams the client wants; a terminal has only one. */
    readonly stdout: boolean;
    readonly stderr: boolean;
    readonly onDetach: () => void;
    /** The client is gone, or its streams have ended; once. */
    readonly onClose: () => void;
    /** The end of what the client sends is the client's end. */
    readonly closesWithInput: boolean;
    /** Whether the client has to be there: then silence is broken by empty frames. */
    readonly watched: boolean;
  }) {
    this.#session = options.session;
    this.tty = options.session.tty;
    this.over = this.#over.promise;
    this.#scanner = this.tty ? new DetachScanner(options.detachKeys) : null;
    this.#onDetach = options.onDetach;
    this.#onClose = options.onClose;
    this.#closesWithInput = options.closesWithInput;
    this.#wants = this.tty ? { 1: true, 2: true } : { 1: options.stdout, 2: options.stderr };
    const { output } = options.session;
    this.output = this.#filtered(options.watched && !this.tty ? withHeartbeat(output, heartbeatMs) : output);
  }

  async write(bytes: Uint8Array): Promise<void> {
    const { pass, detached } = this.#scanner?.feed(bytes) ?? { pass: bytes, detached: false };
    if (pass.length > 0) await this.#session.write(pass);
    if (!detached) return;
    this.#onDetach();
    this.#over.resolve("detached");
    this.#leave();
  }

  closeInput(): void {
    if (this.#closesWithInput) this.close();
    else this.#session.closeInput();
  }

  close(): void {
    this.#leave();
    this.#over.resolve("ended");
  }

  #leave(): void {
    this.#session.close();
    if (this.#closed) return;
    this.#closed = true;
    this.#onClose();
  }

  async *#filtered(output: AsyncIterable<OutputChunk>): AsyncGenerator<OutputChunk, void, undefined> {
    try {
      for await (const chunk of output) if (this.#wants[chunk.stream] || chunk.bytes.length === 0) yield chunk;
    } finally {
      this.#over.resolve("ended");
    }
  }
}

/** A session that only says why there is none: an exec whose program did not start. */
export function failedSession(message: string, tty: boolean): AttachSession {
  const bytes = Buffer.from(`${message}\r\n`);
  return {
    tty,
    over: Promise.resolve("ended"),
    output: (async function* (): AsyncGenerator<OutputChunk, void, undefined> {
      yield { stream: 1, bytes };
    })(),
    write: () => Promise.resolve(),
    closeInput: () => undefined,
    close: () => undefined,
  };
}
