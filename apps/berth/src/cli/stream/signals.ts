/** Signals that are passed on; the rest cannot be caught or concerns only this process. */
const forwarded = [
  "SIGHUP",
  "SIGINT",
  "SIGQUIT",
  "SIGTERM",
  "SIGUSR1",
  "SIGUSR2",
  "SIGCONT",
  "SIGALRM",
  "SIGTSTP",
  "SIGTTIN",
  "SIGTTOU",
] as const;

/**
 * Passes signals on to a container until the returned function is called.
 * @param deliver sends one; a container that has ended meanwhile is no error
 */
export function forwardSignals(deliver: (signal: string) => Promise<void>): () => void {
  const stops = forwarded.map((signal) => {
    const listener = (): void => {
      deliver(signal.slice(3)).catch(() => undefined);
    };
    process.on(signal, listener);
    return () => process.off(signal, listener);
  });
  return () => {
    for (const stop of stops) stop();
  };
}
