import type { StopOptions } from "@berth/client";
import { stopContainer } from "@berth/client";
import type { Command } from "../command.ts";
import { forEach } from "../each.ts";

/** `berth stop`. */
export const command: Command = {
  usage: "[OPTIONS] CONTAINER [CONTAINER...]",
  flags: [
    { name: "signal", short: "s", type: "string", help: "Signal to send to the container" },
    { name: "timeout", short: "t", type: "int", help: "Seconds to wait before killing the container", aliases: ["time"] },
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
