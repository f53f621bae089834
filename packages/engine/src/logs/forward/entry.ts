/** One message for a receiver: a line of the program, or a piece of a long one. */
export interface ForwardEntry {
  readonly stream: "stdout" | "stderr";
  readonly timeNs: bigint;
  /** Without newline. Good until the next entries are asked for. */
  readonly text: Uint8Array;
  /** null for a whole line. */
  readonly piece: { readonly id: string; readonly ordinal: number; readonly last: boolean } | null;
  /** Counts the container's entries from 1; one that is sent again has the number it had. */
  readonly ordinal: number;
}

/** What a receiver has not taken: the first `taken` entries it has. */
export class SinkFailure extends Error {
  readonly taken: number;

  constructor(taken: number, message: string, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause });
    this.taken = taken;
  }
}

/** Where a forwarder sends to. One sink is used for one connection: after a failure another one is opened. */
export interface LogSink {
  /**
   * Sends entries in their order; resolves when the receiver's side of the kernel has them. Waits for a slow receiver until
   * `signal` aborts. Throws {@link SinkFailure}.
   */
  send(entries: readonly ForwardEntry[], signal: AbortSignal): Promise<void>;
  /** For a sink that can tell: what it has written so far, to be kept with the position. */
  mark?(): unknown;
  close(): void;
}

/** Opens a sink. `skip` entries after the kept position the receiver has already. Throws when there is no receiver. */
export type OpenSink = (options: { readonly mark: unknown; readonly epoch: string; readonly signal: AbortSignal }) => Promise<{
  readonly sink: LogSink;
  readonly skip: number;
}>;
