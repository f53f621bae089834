import { kindOf, messageOf } from "@berth/base";
import { UsageError } from "./args/flag.ts";
import type { Output } from "./context/output.ts";
import { CountError, StatusError } from "./status.ts";

/** A failed command line. */
export interface Failure {
  readonly error: unknown;
  readonly stderr: Output;
  /** Undefined when no command was found yet. */
  readonly usage: { readonly name: string; readonly text: string } | undefined;
  /** The code for everything that brings none of its own. */
  readonly code: number;
  readonly debug?: boolean;
}

const missingImage =
  "See all images with 'berth images'. Get one with 'berth load -i FILE' or 'berth import FILE NAME', or make a starter image with 'berth image bootstrap busybox'.";

/** Says what went wrong and what to do about it; gives the exit code. */
export async function reportFailure({ error, stderr, usage, code, debug }: Failure): Promise<number> {
  if (error instanceof StatusError && error.message === "") return error.code;
  const lines = describe(error, stderr);
  if (usage !== undefined && (error instanceof UsageError || error instanceof CountError)) {
    lines.push("", `Usage:  ${usage.name} ${usage.text}`.trimEnd());
  }
  if (error instanceof UsageError || error instanceof CountError) {
    lines.push("", `Help: ${usage?.name ?? "berth"} --help`);
  }
  if (debug === true && error instanceof Error && error.cause !== undefined) lines.push(`caused by: ${messageOf(error.cause)}`);
  await stderr.write(`${lines.join("\n")}\n`);
  return error instanceof StatusError ? error.code : code;
}

/** Says what went wrong with one of several objects. */
export async function reportOne(error: unknown, stderr: Output): Promise<void> {
  await stderr.write(`${describe(error, stderr).join("\n")}\n`);
}

function describe(error: unknown, stderr: Output): string[] {
  const prefix = stderr.isTerminal && !process.env["NO_COLOR"] ? "\x1b[31mberth:\x1b[0m" : "berth:";
  const next = error instanceof UsageError ? error.hint : advice(error);
  return [`${prefix} ${messageOf(error)}`, ...(next === undefined ? [] : [next])];
}

/** What to do next about a failure, when that is known. */
function advice(error: unknown): string | undefined {
  const words = messageOf(error);
  if (kindOf(error) === "unavailable" && words.startsWith("Cannot connect to the engine")) {
    if (words.endsWith("permission denied")) return "Run the command as root, or add yourself to the group of the socket.";
    return "Is it running? Start it with 'berth daemon', or name another one with --host or BERTH_HOST.";
  }
  if (/^No such container/i.test(words)) return "See all containers with 'berth ps --all'.";
  if (/^No such image/i.test(words)) return missingImage;
  if (/is already in use by container/.test(words))
    return "Remove it with 'berth rm', rename it with 'berth rename', or choose another --name.";
  if (/^(You cannot remove a running container|cannot remove container .*running)/i.test(words)) {
    return "Stop it with 'berth stop', or remove it at once with 'berth rm --force'.";
  }
  return undefined;
}
