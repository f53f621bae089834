/** Stops the engine that `make start` started. */
import { enginePlace, stopDaemon } from "./kit/engine.ts";
import { beginLine, endLine } from "./kit/print.ts";

beginLine("stop the engine");
try {
  const pid = await stopDaemon(enginePlace());
  endLine(pid === null ? "none runs" : `pid ${pid} ended`);
} catch (error) {
  endLine("failed");
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  process.exit(1);
}
