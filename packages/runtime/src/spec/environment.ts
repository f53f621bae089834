/** Where a container looks for programs that has no PATH of its own. */
const DEFAULT_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

/**
 * The environment of a container's process: PATH, HOSTNAME, with a terminal TERM, and then what the container says. A
 * HOME that /etc/passwd tells is left to the runtime; for a user without one it is `/` (crun would leave it empty).
 */
export function containerEnvironment(options: {
  readonly hostname: string;
  readonly tty: boolean;
  readonly own: readonly string[];
  /** The user's folder in the container's /etc/passwd, if it is told there. */
  readonly home: string | null;
}): string[] {
  const base = [
    `PATH=${DEFAULT_PATH}`,
    `HOSTNAME=${options.hostname}`,
    ...(options.tty ? ["TERM=xterm"] : []),
    ...(options.home === null ? ["HOME=/"] : []),
  ];
  return mergeEnvironment(base, options.own);
}

/**
 * Puts the variables of `own` over those of `base`: same name, same place. A name without `=` takes the variable away.
 */
export function mergeEnvironment(base: readonly string[], own: readonly string[]): string[] {
  const merged = new Map<string, string | null>();
  for (const entry of base) merged.set(nameOf(entry), entry);
  for (const entry of own) {
    if (entry.includes("=")) merged.set(nameOf(entry), entry);
    else merged.set(entry, null);
  }
  return [...merged.values()].filter((entry) => entry !== null);
}

function nameOf(entry: string): string {
  const at = entry.indexOf("=");
  return at < 0 ? entry : entry.slice(0, at);
}
