import { isRunning } from "./containers/record.ts";
import { stopRunning } from "./containers/stop.ts";
import { endsWithin } from "./containers/stop/kill-and-wait.ts";
import type { Core } from "./core.ts";

const settleMs = 10_000;
const defaultTimeoutS = 10;

/**
 * Ends the engine. With live-restore containers run on and the next daemon adopts them; without it they are stopped,
 * all at once, each with its own timeout but none longer than the daemon's.
 */
export async function shutdownEngine(core: Core): Promise<void> {
  core.restarts.close();
  core.health.close();
  // Whatever holds a container's lock was begun before; a start among it makes one more to stop.
  await endsWithin(Promise.all(core.records.all().map(({ id }) => core.locks.run(id, () => undefined))), settleMs);
  await core.views.endAll("the daemon is shutting down");
  if (!core.settings.liveRestore) {
    const running = core.records.all().filter(isRunning);
    await Promise.all(
      running.map(async ({ id, config }) => {
        const timeoutS = shorter(config.StopTimeout ?? defaultTimeoutS, core.settings.shutdownTimeoutS);
        try {
          // Nobody asked for this one to stop: the next daemon starts it if its policy says so.
          await stopRunning(core, id, { timeoutS, signal: null, byUser: false });
        } catch (error) {
          core.log.error("a container did not stop", { id, error });
        }
      }),
    );
  }
  core.stats.close();
  core.oom.close();
  await core.forwarders.close();
  // Views that were closed give their mounts back under the lock.
  await endsWithin(Promise.all(core.records.all().map(({ id }) => core.locks.run(id, () => undefined))), settleMs);
  core.files.close();
  core.hubs.close();
  core.rotation.close();
}

/** Of two timeouts; one below 0 is none. */
function shorter(a: number, b: number): number {
  if (a < 0 || b < 0) return Math.max(a, b);
  return Math.min(a, b);
}
