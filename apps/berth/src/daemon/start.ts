import { createLogger, type Logger, type LogSink } from "@berth/base";
import { openKernel } from "@berth/linux";
import { type BuildInfo, buildInfo } from "../build-info.ts";
import { lockFolder } from "./lock.ts";
import { serviceNotifier } from "./notify.ts";
import type { DaemonOptions } from "./options/options.ts";
import { writePidFile } from "./pid-file.ts";
import { findTools, prepareFolder, requireRoot } from "./preflight.ts";
import { QuietWatch } from "./quiet.ts";
import { openRooms } from "./rooms.ts";
import { listenerMaterial, openListeners } from "./serve.ts";
import { clockFromEnvironment } from "./test-clock.ts";
import { stepsFromEnvironment } from "./test-steps.ts";

/** A daemon that answers. */
export interface RunningDaemon {
  /** Takes over what may change while running. */
  reload(options: DaemonOptions): void;
  /** Stops listening, closes the rooms, gives the locks back. */
  stop(): Promise<void>;
}

/** How long answers that are under way are waited for at the end; streams that follow something would never end by themselves. */
const lastAnswersMs = 300;

/**
 * Starts the daemon: checks the machine, locks its folders, opens the rooms with their recovery, then the listeners. Nobody is answered before
 * recovery has ended.
 * @param options.sink its level is changed by {@link RunningDaemon.reload}
 * @throws with a sentence that says what to do; whatever was opened is closed again
 */
export async function startDaemon(context: { readonly options: DaemonOptions; readonly sink: LogSink }): Promise<RunningDaemon> {
  const { options, sink } = context;
  const startedAt = performance.now();
  const log = createLogger(sink);
  const build = buildInfo();
  requireRoot();
  process.umask(0o022);
  for (const name of options.inert) log.warn("option has no effect", { option: name });
  findTools(options.runtimes);
  const material = listenerMaterial(options);
  // Containers' files have set-user-id programs among them: nobody else on the machine may reach those.
  prepareFolder(options.dataRoot, { flag: "data-root", what: "data root", mode: 0o710 });
  // The socket's group passes through it.
  prepareFolder(options.execRoot, { flag: "exec-root", what: "exec root", mode: 0o711 });

  const kernel = openKernel();
  const notify = serviceNotifier({ kernel, socket: process.env["NOTIFY_SOCKET"], log });
  const undo: (() => Promise<void> | void)[] = [];
  const undoAll = async (): Promise<void> => {
    for (const step of undo.splice(0).reverse()) await step();
  };
  try {
    undo.push(lockFolder(kernel, { path: options.dataRoot, what: "data root" }));
    undo.push(lockFolder(kernel, { path: options.execRoot, what: "exec root" }));
    undo.push(writePidFile(options.pidFile));
    const clock = clockFromEnvironment(process.env);
    const rooms = await openRooms({ options, build, kernel, log, clock, steps: stepsFromEnvironment(process.env) });
    undo.push(() => rooms.close());
    const listeners = await openListeners({ options, material, rooms, version: build.version, log, clock });
    undo.push(async () => {
      await Promise.all(listeners.map((listener) => listener.close(lastAnswersMs)));
    });
    const quiet = new QuietWatch({ kernel, log });
    undo.push(() => quiet.close());
    notify("READY=1");
    undo.push(() => notify("STOPPING=1"));
    log.info("daemon is ready", { version: build.version, pid: process.pid, startMs: Math.round(performance.now() - startedAt) });
    return {
      reload(next) {
        sink.level = next.logLevel;
        rooms.reload(next);
        logReload(log, next, build);
      },
      stop: undoAll,
    };
  } catch (error) {
    await undoAll();
    throw error;
  }
}

function logReload(log: Logger, options: DaemonOptions, build: BuildInfo): void {
  const { logLevel, labels, liveRestore, shutdownTimeoutS, insecureRegistries, registryMirrors } = options;
  log.info("configuration was read again", {
    version: build.version,
    logLevel,
    labels,
    liveRestore,
    shutdownTimeoutS,
    insecureRegistries,
    registryMirrors,
  });
}
