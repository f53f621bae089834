import { unpauseContainer } from "@berth/client";
import type { Command } from "../command.ts";
import { forEach } from "../each.ts";

/** `berth unpause`. */
export const command: Command = {
  usage: "CONTAINER [CONTAINER...]",
  flags: [],
  examples: ["berth unpause web"],
  min: 1,
  run: (context, parsed) =>
    forEach(context, parsed.args, async (name) => {
      await unpauseContainer(context.engine, name);
      return name;
    }),
};
