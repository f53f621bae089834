import { deferred } from "@berth/base";
import type { StreamSession } from "@berth/runtime";
import type { AttachSession, OutputChunk } from "../ports.ts";
import { DetachScanner } from "./detach-keys.ts";

/** How one client is attached. */
export interface ClientOptions {
  readonly tty: boolean;
  readonly stdin: boolean;
  readonly stdout: boolean;
  readonly stderr: boolean;
  /** The end of this client's input ends the program's (StdinOnce without a terminal); else it ends the attachment. */
  readonly closesInput: boolean;
  /** Looked for with a terminal only, as in Docker. */
  readonly detachKeys: readonly number[];
  /** Old output that comes before the new. */
  readonly replay: AsyncIterable<OutputChunk> | null;
}

/** Whom a client tells. */
export interface ClientListener {
  /** It is gone. */
  readonly left: (client: AttachClient) => void;
  /** It typed the detach keys. */
  readonly detached: () => void;
}

/**
 * One client of a container's streams. Until the container runs it has no line to it: then its input waits and its
 * output is silent.
 */
export class AttachClient implements AttachSession {
  readonly tty: boolean;
  readonly over: Promise<"ended" | "detached">;
  readonly output: AsyncIterable<OutputChunk>;
  readonly #options: ClientOptions;
  readonly #listener: ClientListener;
  readonly #scanner: DetachScanner | null;
  readonly #line = deferred<StreamSession | null>();
  readonly #over = deferred<"ended" | "detached">();
  #session: StreamSession | null = null;
  #closed = false;

  constructor(options: ClientOptions, listener: ClientListener) {
    this.tty = options.tty;
    this.over = this.#over.promise;
    this.#options = options;
    this.#listener = listener;
    this.#scanner = options.tty && options.stdin ? new DetachScanner(options.detachKeys) : null;
    this.output = this.#read();
  }

  /** The container runs, or is about to. */
  connect(session: StreamSession): void {
    if (this.#closed || this.#session !== null) {
      session.close();
      return;
    }
    this.#session = session;
    this.#line.resolve(session);
  }

  /** Whether it has a line to the container. */
  get connected(): boolean {
    return this.#session !== null;
  }

  /** There will be no line any more; what came over an old one can still be read. */
  finish(): void {
    this.#line.resolve(null);
    if (this.#session === null) this.#over.resolve("ended");
  }

  async write(bytes: Uint8Array): Promise<void> {
    if (this.#closed || !this.#options.stdin) return;
    const { pass, detached } = this.#scanner?.feed(bytes) ?? { pass: bytes, detached: false };
    if (pass.length > 0) await (await this.#line.promise)?.write(pass);
    if (!detached) return;
    this.#listener.detached();
    this.#over.resolve("detached");
    this.close();
  }

  closeInput(): void {
    if (this.#closed || !this.#options.stdin) return;
    if (this.#options.closesInput) void this.#line.promise.then((session) => session?.closeInput());
    else this.close();
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    if (this.#options.stdin && this.#options.closesInput) this.#session?.closeInput();
    this.#session?.close();
    this.#line.resolve(null);
    this.#over.resolve("ended");
    this.#listener.left(this);
  }

  async *#read(): AsyncGenerator<OutputChunk, void, undefined> {
    try {
      if (this.#options.replay !== null) yield* this.#options.replay;
      const session = await this.#line.promise;
      if (session === null) return;
      for await (const chunk of session.output) if (this.#wants(chunk)) yield chunk;
    } finally {
      this.#over.resolve("ended");
      this.close();
    }
  }

  #wants(chunk: OutputChunk): boolean {
    const { stdout, stderr } = this.#options;
    if (this.tty) return stdout || stderr;
    return chunk.stream === 1 ? stdout : stderr;
  }
}
