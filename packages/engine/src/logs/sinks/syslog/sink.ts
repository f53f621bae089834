import type { Kernel } from "@berth/linux";
import { type ForwardEntry, type LogSink, SinkFailure } from "../../forward/entry.ts";
import type { SyslogFormatter } from "./message.ts";

/** A connection that takes messages in order. */
export interface Transport {
  /** Throws {@link SinkFailure} with how many it has taken. */
  write(messages: readonly Uint8Array[], signal: AbortSignal): Promise<void>;
  close(): void;
  /** When the other end went, by the monotonic clock; null while it is there, or when it cannot be told. */
  readonly brokenMs?: number | null;
}

/** What a transport may use of the kernel. */
export type DatagramKernel = Pick<Kernel, "unixConnect" | "write" | "close">;

/** A sink that formats entries and writes them to a transport. As in Docker empty lines are left out. */
export function syslogSink(transport: Transport, format: SyslogFormatter): LogSink {
  return {
    send: async (entries, signal) => {
      const wanted: ForwardEntry[] = [];
      /** How many entries there are up to each message. */
      const upTo: number[] = [];
      for (const [index, entry] of entries.entries()) {
        if (entry.text.length === 0) continue;
        wanted.push(entry);
        upTo.push(index + 1);
      }
      if (wanted.length === 0) return;
      try {
        await transport.write(wanted.map(format), signal);
      } catch (error) {
        if (!(error instanceof SinkFailure)) throw error;
        throw new SinkFailure(error.taken === 0 ? 0 : (upTo[error.taken - 1] ?? 0), error.message, error);
      }
    },
    close: () => transport.close(),
  };
}
