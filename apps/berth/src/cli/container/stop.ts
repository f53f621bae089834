import { stopContainer } from "@berth/client";
import type { Command } from "../command.ts";
import { forEach } from "../each.ts";
import { stoppingFlags, stoppingOptions } from "./options/stopping.ts";

/** `berth stop`. */
export const command: Command = {
  usage: "[OPTIONS] CONTAINER [CONTAINER...]",
  about:
    "Sends the container's stop signal (SIGTERM unless it was made with --stop-signal), waits ten seconds, and kills what still runs. Its restart policy does not start it again.",
  flags: stoppingFlags("10, or its --stop-timeout"),
  examples: [
    { line: "berth stop web", does: "Ask it to end, and kill it after ten seconds if it has not" },
    { line: "berth stop -t 1 db", does: "With less patience" },
    { line: "berth ps -a --format '{{.Names}}: {{.State}}'", does: "Both have ended and can be started again" },
  ],
  seeAlso: ["start", "kill", "rm", "wait"],
  offers: "running-container",
  min: 1,
  run: (context, parsed) => {
    const options = stoppingOptions(parsed);
    return forEach(context, parsed.args, async (name) => {
      await stopContainer(context.engine, name, options);
      return name;
    });
  },
};
