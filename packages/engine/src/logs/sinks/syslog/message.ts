import { plainStamp, rfc3339 } from "./stamp.ts";
import type { ForwardEntry } from "../../forward/entry.ts";
import type { SyslogFormat } from "./options.ts";

const errors = 3;
const informational = 6;

/** Makes one syslog message of an entry. */
export type SyslogFormatter = (entry: ForwardEntry) => Uint8Array;

/**
 * The formatter of a container: RFC 3164 and RFC 5424 as Docker writes them, a newline at the end; the time is that of the
 * line, in the daemon's zone. `counted` puts the message's length before it (RFC 5425), for RFC 5424 over TLS.
 */
export function syslogFormatter(options: {
  readonly format: SyslogFormat;
  readonly facility: number;
  readonly tag: string;
  readonly hostname: string;
  readonly pid: number;
  readonly counted: boolean;
}): SyslogFormatter {
  const { format, facility, tag, hostname, pid } = options;
  const newline = Buffer.from("\n");
  return ({ stream, timeNs, text }) => {
    const priority = facility * 8 + (stream === "stderr" ? errors : informational);
    let head: string;
    switch (format) {
      case "unix":
        head = `<${priority}>${plainStamp(timeNs)} ${tag}[${pid}]: `;
        break;
      case "rfc3164":
        head = `<${priority}>${plainStamp(timeNs)} ${hostname} ${tag}[${pid}]: `;
        break;
      case "rfc5424":
      case "rfc5424micro":
        head = `<${priority}>1 ${rfc3339(timeNs, format === "rfc5424micro")} ${hostname} ${tag} ${pid} ${tag} - `;
        break;
    }
    const message = Buffer.concat([Buffer.from(head), text, newline]);
    const counted = options.counted && format.startsWith("rfc5424");
    return counted ? Buffer.concat([Buffer.from(`${message.length} `), message]) : message;
  };
}
