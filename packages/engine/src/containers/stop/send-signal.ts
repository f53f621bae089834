import type { Core } from "../../core.ts";
import type { ProcessIdentity } from "../record.ts";

/** Sends a signal to a container's first process; false when that very process no longer lives. */
export function sendSignal(core: Pick<Core, "kernel" | "runtime">, process: ProcessIdentity, signal: number): boolean {
  const pidfd = core.kernel.pidfdOpen(process.pid);
  if (pidfd === null) return false;
  try {
    // Checked after the descriptor is held: from then on the pid cannot become somebody else's.
    if (!core.runtime.alive(process.pid, BigInt(process.pidStartTime))) return false;
    return core.kernel.pidfdSendSignal(pidfd, signal);
  } finally {
    core.kernel.close(pidfd);
  }
}
