import type { Logger } from "@berth/base";

/** What signals ask of the daemon. */
export interface SignalHandlers {
  /** The first SIGTERM or SIGINT. */
  readonly stop: (signal: string) => void;
  /** SIGHUP. */
  readonly reload: () => void;
  /** SIGUSR1. */
  readonly report: () => void;
}

/** A daemon that was told to stop this often stops at once. */
const impatientCount = 3;

/** Listens to the signals of the daemon until the returned function is called. SIGQUIT, SIGUSR2 and SIGPIPE do nothing. */
export function listenToSignals(handlers: SignalHandlers, log: Logger): () => void {
  let asked = 0;
  const onStop = (signal: string): void => {
    asked++;
    log.info("signal received", { signal });
    if (asked === 1) handlers.stop(signal);
    else if (asked >= impatientCount) {
      log.warn("stopping at once", { signal });
      process.exit(128 + (signal === "SIGINT" ? 2 : 15));
    }
  };
  const ignore = (): void => undefined;
  const table: readonly (readonly [NodeJS.Signals, (signal: NodeJS.Signals) => void])[] = [
    ["SIGTERM", onStop],
    ["SIGINT", onStop],
    ["SIGHUP", handlers.reload],
    ["SIGUSR1", handlers.report],
    ["SIGQUIT", ignore],
    ["SIGUSR2", ignore],
    ["SIGPIPE", ignore],
  ];
  for (const [signal, handler] of table) process.on(signal, handler);
  return () => {
    for (const [signal, handler] of table) process.off(signal, handler);
  };
}
