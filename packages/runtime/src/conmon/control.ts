import { fail } from "@berth/base";
import { AT_FDCWD, isErrno, type Kernel, O_NONBLOCK, O_WRONLY } from "@berth/linux";
import type { BundleFiles } from "../layout.ts";

type ControlFiles = Pick<BundleFiles, "control" | "folder">;

/** Messages of conmon's control FIFO: kind and two numbers. */
const RESIZE = 1;
const REOPEN_LOGS = 2;

/** Sets the size of the container's terminal. @throws conflict when the monitor has gone */
export function sendResize(options: {
  readonly kernel: Kernel;
  readonly files: ControlFiles;
  readonly rows: number;
  readonly columns: number;
}): void {
  send(options.kernel, options.files, `${RESIZE} ${Math.trunc(options.rows)} ${Math.trunc(options.columns)}\n`);
}

/** Lets conmon open the log's path again, after it was renamed. @throws conflict when the monitor has gone */
export function sendReopenLogs(kernel: Kernel, files: ControlFiles): void {
  send(kernel, files, `${REOPEN_LOGS} 0 0\n`);
}

function send(kernel: Kernel, files: ControlFiles, message: string): void {
  let fd: number;
  try {
    // Without O_NONBLOCK the open waits for ever when nobody reads.
    fd = kernel.openat2(AT_FDCWD, files.control, { flags: O_WRONLY | O_NONBLOCK, resolve: 0 });
  } catch (error) {
    if (isErrno(error, "ENXIO", "ENOENT")) throw fail("conflict", `the monitor of the container in ${files.folder} has ended`, error);
    throw error;
  }
  try {
    kernel.write(fd, new TextEncoder().encode(message));
  } finally {
    kernel.close(fd);
  }
}
