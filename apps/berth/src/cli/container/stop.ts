import type { StopOptions } from "@berth/client";
import { stopContainer } from "@berth/client";
import type { Command } from "../command.ts";
import { forEach } from "../each.ts";

/** `berth stop`. */
export const command: Command = {
  usage: "[OPTIONS] CONTAINER [CONTAINER...]",
  flags: [
    { name: "signal", short: "s", type: "string", help: "How to ask it to end, e.g. INT" },
    { name: "timeout", short: "t", type: "int", help: "Seconds until it is killed; else 10, or its --stop-timeout", aliases: ["time"] },
  ],
  examples: ["berth stop web", "berth stop -t 30 web db"],
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
