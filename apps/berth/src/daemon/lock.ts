import { closeSync, ftruncateSync, openSync, readFileSync, writeSync } from "node:fs";
import { constants } from "node:fs";
import { fail } from "@berth/base";
import type { Kernel } from "@berth/linux";

/**
 * Takes the lock of a folder that only one daemon may use. The kernel gives it back when the process ends, however it ends.
 * @param options.what what the folder is, for the message
 * @returns gives the lock back
 * @throws conflict naming the process that holds it
 */
export function lockFolder(kernel: Pick<Kernel, "tryLock">, options: { readonly path: string; readonly what: string }): () => void {
  const file = `${options.path}/lock`;
  const fd = openSync(file, constants.O_RDWR | constants.O_CREAT | constants.O_NOFOLLOW, 0o600);
  if (!kernel.tryLock(fd, true)) {
    const holder = readFileSync(file, "utf8").trim();
    closeSync(fd);
    const who = /^\d+$/.test(holder) ? `the daemon with process id ${holder}` : "another daemon";
    throw fail("conflict", `the ${options.what} ${options.path} is in use by ${who}. Stop that daemon, or choose another ${options.what}`);
  }
  ftruncateSync(fd);
  writeSync(fd, `${String(process.pid)}\n`, 0);
  return () => closeSync(fd);
}
