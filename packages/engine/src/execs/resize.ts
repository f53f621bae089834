import { fail } from "@berth/base";
import type { Core } from "../core.ts";

const startWaitMs = 10_000;

/** Sets the size of an exec's terminal; waits for one that is being started. Throws not-found, conflict. */
export async function resizeExec(
  core: Pick<Core, "execs">,
  id: string,
  size: { readonly rows: number; readonly columns: number },
): Promise<void> {
  const until = performance.now() + startWaitMs;
  for (;;) {
    const { life } = core.execs.need(id);
    switch (life.status) {
      case "running":
        life.process.resize(size.rows, size.columns);
        return;
      case "ended":
        throw fail("conflict", `exec process is not running: ${id}`);
      case "created":
      case "starting": {
        const leftMs = until - performance.now();
        if (leftMs <= 0) throw fail("timeout", "timeout waiting for exec session ready");
        await core.execs.changed(id, leftMs);
      }
    }
  }
}
