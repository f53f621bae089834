import type { ByteQueue } from "./queue.ts";

/** Two raw streams to an engine, below HTTP: a socket, or a program's input and output. */
export interface Channel {
  /** What the engine sends, until it closes. */
  readonly input: ByteQueue;
  /** Whether the engine has neither closed nor been left. */
  readonly open: boolean;
  /** Resolves when the bytes were handed over; resolves at once after the end. */
  write(bytes: Uint8Array): Promise<void>;
  /** Tells the engine that no more bytes come. */
  closeWrite(): void;
  /** Ends both directions at once. */
  close(): void;
  /** Why the channel ended without an answer, when something is known; waits for it for a moment. */
  reason(): Promise<string | undefined>;
}
