import { existsSync, readFileSync, rmSync } from "node:fs";

/** Where the engine that `make start` starts keeps its things. */
export interface EnginePlace {
  readonly dataRoot: string;
  readonly execRoot: string;
  readonly socket: string;
  readonly pidFile: string;
  readonly logPath: string;
}

/** The place by the variables DATA_ROOT, EXEC_ROOT and LOG_FILE, else the daemon's own defaults. */
export function enginePlace(): EnginePlace {
  const execRoot = process.env["EXEC_ROOT"] || "/run/berth";
  return {
    dataRoot: process.env["DATA_ROOT"] || "/var/lib/berth",
    execRoot,
    socket: `${execRoot}/berth.sock`,
    pidFile: `${execRoot}/berth.pid`,
    logPath: process.env["LOG_FILE"] || "/var/log/berth.log",
  };
}

/** The process id of the daemon that the pid file names; null when none runs. A pid that belongs to another program by now is none. */
export function daemonPid(place: EnginePlace): number | null {
  if (!existsSync(place.pidFile)) return null;
  const pid = Number(readFileSync(place.pidFile, "utf8").trim());
  return Number.isInteger(pid) && pid > 1 && isDaemon(pid) ? pid : null;
}

function isDaemon(pid: number): boolean {
  try {
    const [program, ...args] = readFileSync(`/proc/${pid}/cmdline`, "utf8").split("\0");
    return /(^|\/)berth$/.test(program ?? "") && args.includes("daemon");
  } catch {
    return false;
  }
}

/** One request to the engine's socket; null when nobody answers. */
export async function ask(place: EnginePlace, method: string, path: string, timeoutMs = 10_000): Promise<Response | null> {
  try {
    return await fetch(`http://engine${path}`, { unix: place.socket, method, signal: AbortSignal.timeout(timeoutMs) });
  } catch {
    return null;
  }
}

/** Waits until `condition` holds; false when the time is up before. */
export async function waitFor(condition: () => Promise<boolean> | boolean, timeoutMs: number): Promise<boolean> {
  const end = performance.now() + timeoutMs;
  while (performance.now() < end) {
    if (await condition()) return true;
    await Bun.sleep(50);
  }
  return condition();
}

/**
 * Ends the daemon with SIGTERM and waits for its end.
 * @returns the pid that ended, null when none ran
 * @throws Error when it still runs after half a minute
 */
export async function stopDaemon(place: EnginePlace): Promise<number | null> {
  const pid = daemonPid(place);
  if (pid === null) return null;
  process.kill(pid, "SIGTERM");
  if (!(await waitFor(() => !isDaemon(pid), 30_000)))
    throw new Error(`the daemon ${pid} still runs 30 s after SIGTERM; see ${place.logPath}`);
  rmSync(place.pidFile, { force: true });
  return pid;
}

/** The last lines of the daemon's log. */
export function logTail(place: EnginePlace): string {
  if (!existsSync(place.logPath)) return "";
  return readFileSync(place.logPath, "utf8").trimEnd().split("\n").slice(-20).join("\n");
}
