import { waitContainer } from "@berth/client";
import type { Command } from "../command.ts";
import { forEach } from "../each.ts";

/** `berth wait`. */
export const command: Command = {
  usage: "CONTAINER [CONTAINER...]",
  flags: [],
  examples: ["berth wait build && echo done"],
  min: 1,
  run: (context, parsed) =>
    forEach(context, parsed.args, async (name) => {
      const { result } = await waitContainer(context.engine, name);
      const { statusCode, error } = await result;
      if (error !== undefined) throw new Error(error);
      return String(statusCode);
    }),
};
