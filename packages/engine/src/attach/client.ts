import { deferred } from "@berth/base";
import type { AttachSession, OutputChunk } from "../ports.ts";
import { ChunkQueue } from "./chunk-queue.ts";
import { DetachScanner } from "./detach-keys.ts";

/** What a hub lets a client do. */
export interface ClientLink {
  readonly write: (bytes: Uint8Array) => Promise<void>;
  readonly closeInput: () => void;
  /** The client took output. */
  readonly taken: () => void;
  /** The client is gone. */
  readonly leave: (client: AttachClient) => void;
  /** The client typed the detach keys. */
  readonly detached: () => void;
}

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

/** One client of a container's streams. */
export class AttachClient implements AttachSession {
  readonly tty: boolean;
  readonly over: Promise<"ended" | "detached">;
  readonly output: AsyncIterable<OutputChunk>;
  readonly #options: ClientOptions;
  readonly #link: ClientLink;
  readonly #queue: ChunkQueue;
  readonly #scanner: DetachScanner | null;
  readonly #over = deferred<"ended" | "detached">();
  #closed = false;

  constructor(options: ClientOptions, link: ClientLink) {
    this.tty = options.tty;
    this.over = this.#over.promise;
    this.#options = options;
    this.#link = link;
    this.#queue = new ChunkQueue(link.taken);
    this.#scanner = options.tty && options.stdin ? new DetachScanner(options.detachKeys) : null;
    this.output = options.replay === null ? this.#queue : both(options.replay, this.#queue);
  }

  /** Bytes that wait for this client. */
  get waitingBytes(): number {
    return this.#queue.bytes;
  }

  /** Gives output to the client, if it wants that stream. */
  deliver(chunk: OutputChunk): void {
    if (this.tty ? this.#options.stdout || this.#options.stderr : chunk.stream === 1 ? this.#options.stdout : this.#options.stderr) {
      this.#queue.push(chunk);
    }
  }

  /** The program's streams have ended; what waits can still be taken. */
  finish(): void {
    this.#queue.end();
    this.#over.resolve("ended");
  }

  async write(bytes: Uint8Array): Promise<void> {
    if (this.#closed || !this.#options.stdin) return;
    const { pass, detached } = this.#scanner?.feed(bytes) ?? { pass: bytes, detached: false };
    if (pass.length > 0) await this.#link.write(pass);
    if (!detached) return;
    this.#link.detached();
    this.#over.resolve("detached");
    this.close();
  }

  closeInput(): void {
    if (this.#closed || !this.#options.stdin) return;
    if (this.#options.closesInput) this.#link.closeInput();
    else this.close();
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    if (this.#options.stdin && this.#options.closesInput) this.#link.closeInput();
    this.#link.leave(this);
    this.#queue.discard();
    this.#over.resolve("ended");
  }
}

async function* both(first: AsyncIterable<OutputChunk>, second: AsyncIterable<OutputChunk>): AsyncGenerator<OutputChunk, void, undefined> {
  yield* first;
  yield* second;
}
