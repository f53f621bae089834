import path from "node:path";
import { fail } from "@berth/base";
import { AT_FDCWD, isErrno, type Kernel, O_NONBLOCK, O_WRONLY } from "@berth/linux";
import { spawnAndWait } from "./run.ts";

/**
 * Lets a created container run its program. crun's waits at `exec.fifo` for a byte, and takes the missing file as
 * "running": writing it ourselves costs 0.1 ms where a process costs 5.
 * @throws conflict when the container has ended or was started before
 */
export async function releaseContainer(options: {
  readonly kernel: Kernel;
  readonly id: string;
  readonly runtime: string;
  readonly runtimePath: string;
  readonly stateRoot: string;
  /** Hooks at start are the runtime's business. */
  readonly hasHooks: boolean;
}): Promise<void> {
  const { kernel, id } = options;
  if (options.runtime !== "crun" || options.hasHooks) {
    const result = await spawnAndWait([options.runtimePath, "--root", options.stateRoot, "start", id]);
    if (result.exitCode !== 0) throw fail("conflict", `cannot start container ${id}: ${result.error.trim()}`);
    return;
  }
  const fifo = path.join(options.stateRoot, id, "exec.fifo");
  const fd = await openFifo(kernel, id, fifo);
  try {
    kernel.unlinkat(AT_FDCWD, fifo, 0);
    kernel.write(fd, new Uint8Array([0]));
  } finally {
    kernel.close(fd);
  }
}

/** How long a created container may take until it reads its FIFO: `crun create` can return a moment before. */
const READER_TIMEOUT_MS = 5000;
const READER_POLL_MS = 1;

async function openFifo(kernel: Kernel, id: string, fifo: string): Promise<number> {
  const until = performance.now() + READER_TIMEOUT_MS;
  for (;;) {
    try {
      return kernel.openat2(AT_FDCWD, fifo, { flags: O_WRONLY | O_NONBLOCK, resolve: 0 });
    } catch (error) {
      if (isErrno(error, "ENOENT")) throw fail("conflict", `container ${id} is not waiting to be started`, error);
      if (!isErrno(error, "ENXIO")) throw error;
      // fifo(7): nobody reads it yet, or nobody any more.
      if (performance.now() > until) throw fail("conflict", `container ${id} ended before it was started`, error);
    }
    await Bun.sleep(READER_POLL_MS);
  }
}
