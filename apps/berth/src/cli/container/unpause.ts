import { unpauseContainer } from "@berth/client";
import type { Command } from "../command.ts";
import { forEach } from "../each.ts";

/** `berth unpause`. */
export const command: Command = {
  usage: "CONTAINER [CONTAINER...]",
  flags: [],
  examples: [
    { line: "berth pause web db", does: "Freeze two containers" },
    { line: "berth unpause web db", does: "Let both go on" },
    { line: "berth unpause web", does: "One that is not frozen is an error", code: 1 },
  ],
  seeAlso: ["pause", "start"],
  offers: "paused-container",
  min: 1,
  run: (context, parsed) =>
    forEach(context, parsed.args, async (name) => {
      await unpauseContainer(context.engine, name);
      return name;
    }),
};
