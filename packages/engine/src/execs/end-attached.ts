import { messageOf } from "@berth/base";
import type { ExecProcesses } from "@berth/runtime";
import type { Core } from "../core.ts";

const SIGHUP = 1;
const SIGTERM = 15;
const graceMs = 3000;
const pollMs = 50;

/**
 * Ends all processes of an exec whose client has gone: as if its terminal were hung up (SIGHUP), without a terminal by SIGTERM;
 * what is still there after three seconds is killed.
 */
export async function endAttached(
  core: Core,
  exec: { readonly id: string; readonly tty: boolean },
  processes: ExecProcesses,
): Promise<void> {
  try {
    await core.steps.run("exec.hang-up", () => processes.signal(exec.tty ? SIGHUP : SIGTERM));
    for (const until = performance.now() + graceMs; performance.now() < until; await Bun.sleep(pollMs)) {
      if (processes.processes().length === 0) return;
    }
    await core.steps.run("exec.kill", () => processes.kill());
  } catch (error) {
    core.log.warn("an exec whose client is gone did not end", { id: exec.id, error: messageOf(error) });
  }
}
