import { killContainer } from "@berth/client";
import type { Command } from "../command.ts";
import { forEach } from "../each.ts";

/** `berth kill`. */
export const command: Command = {
  usage: "[OPTIONS] CONTAINER [CONTAINER...]",
  flags: [{ name: "signal", short: "s", type: "string", help: "Which signal, e.g. HUP or 1; else KILL" }],
  examples: ["berth kill web", "berth kill -s HUP web"],
  min: 1,
  run: (context, parsed) =>
    forEach(context, parsed.args, async (name) => {
      await killContainer(context.engine, name, parsed.string("signal"));
      return name;
    }),
};
