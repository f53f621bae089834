import { spawn } from "node:child_process";
import { closeSync, mkdirSync, openSync } from "node:fs";
import { dirname } from "node:path";
import { ask, type EnginePlace, logTail, waitFor } from "./engine.ts";
import { executable } from "./paths.ts";

/**
 * Starts the daemon in the background, in a session of its own, and waits until it answers.
 * @returns its process id
 * @throws Error with the end of its log when it ends or does not answer within half a minute
 */
export async function startDaemon(place: EnginePlace): Promise<number> {
  const host = `unix://${place.socket}`;
  mkdirSync(dirname(place.logPath), { recursive: true });
  const log = openSync(place.logPath, "a", 0o640);
  const daemon = spawn(
    executable,
    ["daemon", "--data-root", place.dataRoot, "--exec-root", place.execRoot, "-H", host, "--pidfile", place.pidFile],
    { cwd: "/", stdio: ["ignore", log, log], detached: true },
  );
  closeSync(log);
  let ended: string | null = null;
  daemon.on("error", (error) => {
    ended = error.message;
  });
  daemon.on("exit", (code, signal) => {
    ended = `exit code ${code ?? signal}`;
  });
  const answers = await waitFor(async () => ended !== null || (await ask(place, "GET", "/_ping"))?.ok === true, 30_000);
  if (ended !== null) throw new Error(`The engine ended at its start: ${ended}. The end of ${place.logPath}:\n${logTail(place)}`);
  if (!answers || daemon.pid === undefined)
    throw new Error(`The engine does not answer at ${host}. The end of ${place.logPath}:\n${logTail(place)}`);
  daemon.unref();
  return daemon.pid;
}
