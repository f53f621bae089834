import { isRunning } from "./containers/record.ts";
import { stopRunning } from "./containers/stop.ts";
import type { Core } from "./core.ts";

/**
 * Ends the engine. With live-restore containers run on and the next daemon adopts them; without it they are stopped,
 * all at once, each with its own timeout but none longer than the daemon's.
 */
export async function shutdownEngine(core: Core): Promise<void> {
  core.restarts.close();
  if (!core.settings.liveRestore) {
    const running = core.records.all().filter(isRunning);
    await Promise.all(
      running.map(async ({ id, config, stoppedByUser }) => {
        const timeoutS = Math.min(config.StopTimeout ?? 10, core.settings.shutdownTimeoutS);
        try {
          await stopRunning(core, id, { timeoutS, signal: null });
          // Nobody asked for this one to stop: the next daemon starts it if its policy says so.
          if (core.records.get(id) !== null) core.records.update(id, { stoppedByUser });
        } catch (error) {
          core.log.error("a container did not stop", { id, error });
        }
      }),
    );
  }
  core.hubs.close();
  core.rotation.close();
}
