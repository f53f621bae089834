import { type ErrorKind, kindOf, messageOf } from "@berth/base";
import { StartError } from "@berth/runtime";

/** What a failed start leaves in a container's state and tells its caller. */
export interface StartFailure {
  readonly kind: ErrorKind;
  readonly message: string;
  readonly exitCode: number;
}

const notExecutable = 126;
const notFound = 127;
const unknown = 128;

/**
 * Exit code and status of a start that failed, by the words of the runtime, as Docker decides it: clients look for
 * these words too.
 */
export function startFailure(error: unknown): StartFailure {
  if (error instanceof StartError) return { kind: error.kind, message: error.message, exitCode: error.exitCode };
  const message = messageOf(error);
  const text = message.toLowerCase();
  if (text.includes("permission denied")) return { kind: "invalid", message, exitCode: notExecutable };
  if (text.includes("is a directory")) return { kind: "invalid", message: `${message}: permission denied`, exitCode: notExecutable };
  if (text.includes("not a directory")) {
    return {
      kind: "invalid",
      message: `${message}: Are you trying to mount a directory onto a file (or vice-versa)? Check if the specified host path exists and is the expected type`,
      exitCode: notFound,
    };
  }
  if (text.includes("executable file not found") || text.includes("no such file or directory")) {
    return { kind: "invalid", message, exitCode: notFound };
  }
  return { kind: kindOf(error), message, exitCode: unknown };
}
