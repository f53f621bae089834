import { messageOf } from "@berth/base";
import { adviceFor } from "./advice.ts";
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
  const next = adviceFor(error);
  return [`${prefix} ${messageOf(error)}`, ...(next === undefined ? [] : [next])];
}
