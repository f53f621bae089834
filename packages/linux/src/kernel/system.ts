import { bytesOfPath } from "@berth/base";
import { getSystemErrorMap } from "node:util";
import { KernelError } from "../kernel-error.ts";
import type { Libc } from "./libc.ts";

/** What every group of system calls works with. */
export interface System {
  readonly libc: Libc;
  /** Returns a call's result, or throws errno as a {@link KernelError}. EINTR runs the call again. */
  readonly run: (call: string, path: string | null, invoke: () => number) => number;
}

export function createSystem(libc: Libc): System {
  return {
    libc,
    run: (call, path, invoke) => {
      for (;;) {
        const result = invoke();
        if (result >= 0) return result;
        const errno = libc.errno();
        if (errno !== 4) throw errnoError(call, path, errno);
      }
    },
  };
}

/** Errors that file systems, quotas and processes give and that Node has no names for. */
const moreErrors: Readonly<Record<number, readonly [string, string]>> = {
  10: ["ECHILD", "no child processes"],
  35: ["EDEADLK", "resource deadlock avoided"],
  37: ["ENOLCK", "no locks available"],
  74: ["EBADMSG", "bad message: the file system is damaged"],
  115: ["EINPROGRESS", "operation now in progress"],
  116: ["ESTALE", "stale file handle"],
  117: ["EUCLEAN", "structure needs cleaning: the file system is damaged"],
  122: ["EDQUOT", "disk quota exceeded"],
  123: ["ENOMEDIUM", "no medium found"],
};

/** Made once: most errors are the ordinary answer to a look whether something is there. */
const systemErrors = getSystemErrorMap();

/** A {@link KernelError} for an errno number, with Node's name (ENOTSUP for 95) and words. */
export function errnoError(call: string, path: string | null, errno: number, about?: string): KernelError {
  const [code, words] = systemErrors.get(-errno) ?? moreErrors[errno] ?? [`E${errno}`, `error number ${errno}`];
  return new KernelError({ call, errno, code, path, detail: about === undefined ? words : `${words} (${about})` });
}

/** Whether an error is a {@link KernelError} with one of these codes (`ENOENT`). */
export function isErrno(error: unknown, ...codes: readonly string[]): error is KernelError {
  return error instanceof KernelError && codes.includes(error.code);
}

/**
 * A path as a NUL-terminated string. A path that holds a NUL itself is refused: the kernel would see a shorter one than
 * the caller checked.
 */
export function cstring(call: string, path: string): Uint8Array {
  const bytes = bytesOfPath(path);
  if (bytes.includes(0)) throw errnoError(call, path.replaceAll("\0", "\\0"), 22, "NUL byte in a string");
  const terminated = new Uint8Array(bytes.length + 1);
  terminated.set(bytes);
  return terminated;
}

/** Longer ones the kernel refuses (ENAMETOOLONG); they still have to reach it whole. */
const pathMaxBytes = 4096;

/**
 * Room for one path of system calls that are over before the next one begins: a tree of many files would leave as many
 * buffers behind. Each argument of a call needs its own.
 */
export class PathBuffer {
  readonly #bytes = Buffer.alloc(pathMaxBytes);

  /** As {@link cstring}; valid until the next call of this. */
  fill(call: string, path: string): Uint8Array {
    // No character takes more than three bytes for each unit of its length.
    if (path.length * 3 >= pathMaxBytes || path.includes("\0") || !path.isWellFormed()) return cstring(call, path);
    this.#bytes[this.#bytes.write(path, 0, "utf8")] = 0;
    return this.#bytes;
  }
}
