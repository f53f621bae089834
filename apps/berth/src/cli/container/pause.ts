import { pauseContainer } from "@berth/client";
import type { Command } from "../command.ts";
import { forEach } from "../each.ts";

/** `berth pause`. */
export const command: Command = {
  usage: "CONTAINER [CONTAINER...]",
  flags: [],
  examples: ["berth pause web"],
  min: 1,
  run: (context, parsed) =>
    forEach(context, parsed.args, async (name) => {
      await pauseContainer(context.engine, name);
      return name;
    }),
};
