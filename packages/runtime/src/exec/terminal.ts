import { fail } from "@berth/base";
import type { Fd, Kernel } from "@berth/linux";

const TIMEOUT_MS = 5000;
const POLL_MS = 2;

/**
 * The master side of a terminal that an OCI runtime made, sent over its console socket (runc's docs/terminals.md).
 * The runtime sends it before it reports the program's pid, so it is there at the first look.
 */
export async function receiveTerminal(kernel: Kernel, listener: Fd): Promise<Fd> {
  const until = performance.now() + TIMEOUT_MS;
  let connection: Fd | null = null;
  try {
    while (performance.now() < until) {
      connection ??= kernel.accept4(listener);
      const terminal = connection === null ? null : kernel.receiveFd(connection);
      if (terminal !== null) return terminal;
      await Bun.sleep(POLL_MS);
    }
    throw fail("timeout", `the runtime sent no terminal within ${TIMEOUT_MS} ms`);
  } finally {
    if (connection !== null) kernel.close(connection);
  }
}
