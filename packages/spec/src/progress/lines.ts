import type { ProgressMessage } from "../docker/system.ts";

/** One message of a progress stream as it goes over the wire: JSON, ended by CR LF. */
export function progressLine(message: ProgressMessage): string {
  return `${JSON.stringify(message)}\r\n`;
}

/** The message that says in-band that an operation failed; written after the stream has begun. */
export function progressError(message: string): ProgressMessage {
  return { errorDetail: { message }, error: message };
}
