import type { ForwardEntry } from "../../forward/entry.ts";
import type { SyslogFormat } from "./options.ts";
import { plainStamp, rfc3339 } from "./stamp.ts";

const errors = 3;
const informational = 6;
const newline = 10;

/** Makes one syslog message of an entry. */
export type SyslogFormatter = (entry: ForwardEntry) => Uint8Array;

/** What a container's messages have in common. */
export interface SyslogFrame {
  readonly format: SyslogFormat;
  readonly facility: number;
  readonly tag: string;
  readonly hostname: string;
  readonly pid: number;
  /** Puts a message's length before it (RFC 5425): with RFC 5424 over TLS. */
  readonly counted: boolean;
}

/**
 * The formatter of a container: RFC 3164 and RFC 5424 as Docker writes them, a newline at the end; the time is that of the
 * line, in the daemon's zone.
 */
export function syslogFormatter(frame: SyslogFrame): SyslogFormatter {
  const counted = frame.counted && frame.format.startsWith("rfc5424");
  const headOf = rememberedHeads(frame);
  return (entry) => {
    const head = headOf(entry);
    const length = head.length + entry.text.length + 1;
    const count = counted ? Buffer.from(`${length} `) : null;
    const message = Buffer.allocUnsafe(length + (count?.length ?? 0));
    const start = count?.copy(message) ?? 0;
    head.copy(message, start);
    message.set(entry.text, start + head.length);
    message[message.length - 1] = newline;
    return message;
  };
}

/** What stands before a line's text is the same for all lines of a stream and a second, unless it has microseconds. */
function rememberedHeads(frame: SyslogFrame): (entry: ForwardEntry) => Buffer {
  const last = { stdout: { second: -1n, head: Buffer.alloc(0) }, stderr: { second: -1n, head: Buffer.alloc(0) } };
  return (entry) => {
    if (frame.format === "rfc5424micro") return Buffer.from(headOf(frame, entry));
    const second = entry.timeNs / 1_000_000_000n;
    const known = last[entry.stream];
    if (known.second === second) return known.head;
    const head = Buffer.from(headOf(frame, entry));
    last[entry.stream] = { second, head };
    return head;
  };
}

function headOf({ format, facility, tag, hostname, pid }: SyslogFrame, { stream, timeNs }: ForwardEntry): string {
  const priority = facility * 8 + (stream === "stderr" ? errors : informational);
  switch (format) {
    case "unix":
      return `<${priority}>${plainStamp(timeNs)} ${tag}[${pid}]: `;
    case "rfc3164":
      return `<${priority}>${plainStamp(timeNs)} ${hostname} ${tag}[${pid}]: `;
    case "rfc5424":
    case "rfc5424micro":
      return `<${priority}>1 ${rfc3339(timeNs, format === "rfc5424micro")} ${hostname} ${tag} ${pid} ${tag} - `;
  }
}
