import { createLogger, deferred, type LogSink, messageOf } from "@berth/base";
import { loadOptions } from "./daemon/config.ts";
import { helpText } from "./daemon/options/help.ts";
import type { OptionValues } from "./daemon/options/option.ts";
import type { DaemonOptions } from "./daemon/options/options.ts";
import { parseFlags } from "./daemon/options/parse-flags.ts";
import { listenToSignals } from "./daemon/signals.ts";
import { type RunningDaemon, startDaemon } from "./daemon/start.ts";

/**
 * `berth daemon`: runs the engine until it is told to stop.
 * @param words what stood behind `daemon` on the command line
 * @returns the exit code; the caller exits with it
 */
export async function runDaemon(words: string[]): Promise<number> {
  let flags: OptionValues;
  let options: DaemonOptions;
  let validate = false;
  try {
    const parsed = parseFlags(words);
    if (parsed.help) {
      process.stdout.write(helpText(process.stdout.columns ?? 80));
      return 0;
    }
    flags = parsed.values;
    validate = [...flags].some(([row, value]) => row.flag === "validate" && value === true);
    options = loadOptions(flags);
  } catch (error) {
    process.stderr.write(`${messageOf(error)}\n`);
    return 1;
  }
  if (validate) {
    process.stderr.write("configuration OK\n");
    return 0;
  }
  return run(flags, options);
}

async function run(flags: OptionValues, options: DaemonOptions): Promise<number> {
  const sink: LogSink = { level: options.logLevel, write: (line) => process.stderr.write(line) };
  const log = createLogger(sink);
  const stop = deferred<void>();
  let running: RunningDaemon | null = null;
  const reload = (): void => {
    try {
      running?.reload(loadOptions(flags));
    } catch (error) {
      log.error("the configuration was not read again", { error });
    }
  };
  const report = (): void => {
    const { rss, heapUsed } = process.memoryUsage();
    log.info("state of the process", { rssBytes: rss, heapBytes: heapUsed, uptimeS: Math.round(process.uptime()) });
  };
  const silence = listenToSignals({ stop: () => stop.resolve(), reload, report }, log);
  process.on("unhandledRejection", (error) => log.error("a failure was not handled", { error }));
  process.on("uncaughtException", (error) => {
    // The state on disk is whole at every moment; a daemon that goes on with a broken state in memory is worse than a restart.
    log.error("the daemon ends after an unexpected failure", { error, stack: error.stack });
    process.exit(1);
  });
  try {
    running = await startDaemon({ options, sink });
    await stop.promise;
    await running.stop();
    log.info("daemon has stopped");
    return 0;
  } catch (error) {
    log.debug("start failed", { error });
    process.stderr.write(`failed to start daemon: ${messageOf(error)}\n`);
    return 1;
  } finally {
    silence();
  }
}
