import { BerthError, type ErrorKind } from "@berth/base";

/** A container or an exec that could not be started; `exitCode` is what Docker records: 127 not found, 126 not runnable, 128 anything else. */
export class StartError extends BerthError {
  readonly exitCode: 126 | 127 | 128;

  constructor(kind: ErrorKind, message: string, exitCode: 126 | 127 | 128, cause?: unknown) {
    super(kind, message, cause);
    this.name = "StartError";
    this.exitCode = exitCode;
  }
}

/** Parts of a runtime's message that name a program which cannot be run; the docker CLI looks for the same words. */
const notFound = /executable file not found|no such file or directory|not a directory|system cannot find the file specified/i;
const notRunnable = /permission denied|is a directory|exec format error|operation not permitted/i;

/**
 * Turns the message of crun or runc into Docker's words.
 * @param operation `create` or `exec`
 * @param runtime its name, for the message
 * @param command the program that was to run
 * @param message what the runtime wrote, as plain text or JSON lines
 */
export function startError(options: {
  readonly operation: "create" | "exec";
  readonly runtime: string;
  readonly command: string;
  readonly message: string;
}): StartError {
  const text = plainText(options.message);
  const folder = workingFolder(text);
  const { reason, program } = folder === null ? reasonOf(text, options.command) : { reason: folder, program: false };
  const exitCode = folder === null ? exitCodeOf(reason, program) : 126;
  const kind: ErrorKind = exitCode === 128 ? "internal" : "invalid";
  if (options.operation === "exec") {
    const words = `OCI runtime exec failed: exec failed: unable to start container process: ${reason}: unknown`;
    return new StartError(kind, words, exitCode);
  }
  return new StartError(
    kind,
    `failed to create shim task: OCI runtime create failed: ${options.runtime} create failed: unable to start container process: ${reason}: unknown`,
    exitCode,
  );
}

/** A working directory that cannot be entered, in runc's words; null for any other failure. */
function workingFolder(message: string): string | null {
  const [, folder, reason] = /\bchdir `(.*)`: (.*)$/m.exec(message) ?? [];
  if (folder === undefined || reason === undefined) return null;
  return `chdir to cwd (${JSON.stringify(folder)}) set in config.json failed: ${reason.toLowerCase()}`;
}

function exitCodeOf(reason: string, program: boolean): 126 | 127 | 128 {
  if (notFound.test(reason)) return 127;
  return program && notRunnable.test(reason) ? 126 : 128;
}

/** What went wrong, in runc's form for a program that cannot be run: `exec: "x": executable file not found in $PATH`. */
function reasonOf(message: string, command: string): { readonly reason: string; readonly program: boolean } {
  const quoted = JSON.stringify(command);
  if (/executable file `.*` not found/.test(message)) {
    const reason = command.includes("/") ? `stat ${command}: no such file or directory` : "executable file not found in $PATH";
    return { reason: `exec: ${quoted}: ${reason}`, program: true };
  }
  const open = /open executable: (.*)$/m.exec(message)?.[1];
  if (open !== undefined) {
    if (command === "") return { reason: `exec: ${quoted}: executable file not found in $PATH`, program: true };
    if (/not a directory/i.test(open)) return { reason: `exec: ${quoted}: stat ${command}: not a directory`, program: true };
    // crun says "not permitted" where the program is a folder.
    return { reason: `exec: ${quoted}: permission denied`, program: true };
  }
  const folder = /^chdir `(.*)`: (.*)$/m.exec(message);
  if (folder !== null) {
    const why = lowerSystemWords(`: ${folder[2] ?? ""}`);
    return { reason: `chdir to cwd (${JSON.stringify(folder[1])}) set in config.json failed${why}`, program: false };
  }
  const stripped = message.replace(/^(runc (create|run|exec) failed: )?(unable to start container process: )?/, "");
  return {
    reason: stripped === "" ? "the runtime ended without giving a reason; it may have been killed" : lowerSystemWords(stripped),
    program: stripped.startsWith("exec: "),
  };
}

/** The C library begins its messages with a capital, Go does not; clients look for Go's. */
function lowerSystemWords(message: string): string {
  return message.replace(
    /: (No such file|Permission denied|Not a directory|Is a directory|Operation not permitted|Exec format error)/g,
    (all) => all.toLowerCase(),
  );
}

/** The message in lines of plain text or of JSON (`{"msg": …, "level": "error"}`). */
function plainText(message: string): string {
  const lines = message
    .split("\n")
    .map((line) => line.trim())
    .filter((line) => line !== "")
    .map((line) => {
      if (!line.startsWith("{")) return { text: line.replace(/^time="[^"]*" level=\w+ msg=/, ""), level: "error" };
      try {
        const value: unknown = JSON.parse(line);
        const text = typeof value === "object" && value !== null ? Reflect.get(value, "msg") : null;
        const level = typeof value === "object" && value !== null ? Reflect.get(value, "level") : null;
        return { text: typeof text === "string" ? text : line, level };
      } catch {
        return { text: line, level: "error" };
      }
    });
  const errors = lines.filter((line) => line.level !== "warning" && line.level !== "debug" && line.level !== "info");
  return (errors.length > 0 ? errors : lines).map((line) => line.text.replace(/^"(.*)"$/, "$1").replaceAll('\\"', '"')).join("; ");
}
