import type { StopOptions } from "@berth/client";
import { stopContainer } from "@berth/client";
import type { Command } from "../command.ts";
import { forEach } from "../each.ts";

/** `berth stop`. */
export const command: Command = {
  usage: "[OPTIONS] CONTAINER [CONTAINER...]",
  about:
    "Sends the container's stop signal (SIGTERM unless it was made with --stop-signal), waits ten seconds, and kills what still runs. Its restart policy does not start it again.",
  flags: [
    { name: "signal", short: "s", type: "string", values: "signal", help: "How to ask it to end, e.g. INT" },
    { name: "timeout", short: "t", type: "int", help: "Seconds until it is killed; else 10, or its --stop-timeout", aliases: ["time"] },
  ],
  examples: [
    { line: "berth stop web", does: "Ask it to end, and kill it after ten seconds if it has not" },
    { line: "berth stop -t 1 db", does: "With less patience" },
    { line: "berth ps -a --format '{{.Names}}: {{.State}}'", does: "Both have ended and can be started again" },
  ],
  seeAlso: ["start", "kill", "rm", "wait"],
  offers: "running-container",
  min: 1,
  run: (context, parsed) => {
    const options: StopOptions = {
      signal: parsed.string("signal"),
      ...(parsed.has("timeout") ? { timeoutSeconds: parsed.number("timeout") } : {}),
    };
    return forEach(context, parsed.args, async (name) => {
      await stopContainer(context.engine, name, options);
      return name;
    });
  },
};
