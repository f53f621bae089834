import type { StopOptions } from "@berth/client";
import { restartContainer } from "@berth/client";
import type { Command } from "../command.ts";
import { forEach } from "../each.ts";

/** `berth restart`. */
export const command: Command = {
  usage: "[OPTIONS] CONTAINER [CONTAINER...]",
  flags: [
    { name: "signal", short: "s", type: "string", help: "How to ask it to end, e.g. INT" },
    { name: "timeout", short: "t", type: "int", help: "Seconds until it is killed; else 10", aliases: ["time"] },
  ],
  examples: ["berth restart web", "berth restart -t 30 web db"],
  min: 1,
  run: (context, parsed) => {
    const options: StopOptions = {
      signal: parsed.string("signal"),
      ...(parsed.has("timeout") ? { timeoutSeconds: parsed.number("timeout") } : {}),
    };
    return forEach(context, parsed.args, async (name) => {
      await restartContainer(context.engine, name, options);
      return name;
    });
  },
};
