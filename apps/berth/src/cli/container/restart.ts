import type { StopOptions } from "@berth/client";
import { restartContainer } from "@berth/client";
import type { Command } from "../command.ts";
import { forEach } from "../each.ts";

/** `berth restart`. */
export const command: Command = {
  usage: "[OPTIONS] CONTAINER [CONTAINER...]",
  flags: [
    { name: "signal", short: "s", type: "string", help: "Signal to send to the container" },
    { name: "timeout", short: "t", type: "int", help: "Seconds to wait before killing the container", aliases: ["time"] },
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
