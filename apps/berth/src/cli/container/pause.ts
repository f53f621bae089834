import { pauseContainer } from "@berth/client";
import type { Command } from "../command.ts";
import { forEach } from "../each.ts";

/** `berth pause`. */
export const command: Command = {
  usage: "CONTAINER [CONTAINER...]",
  about:
    "Every process stops where it is and goes on with 'berth unpause' as if nothing had happened. It keeps its memory and its connections, and uses no processor.",
  flags: [],
  examples: [
    { line: "berth pause web", does: "Freeze it" },
    { line: "berth ps --format '{{.Names}}: {{.Status}}' --filter name=web", does: "It shows as paused" },
    { line: "berth unpause web", does: "Let it go on" },
  ],
  seeAlso: ["unpause", "stop"],
  offers: "running-container",
  min: 1,
  run: (context, parsed) =>
    forEach(context, parsed.args, async (name) => {
      await pauseContainer(context.engine, name);
      return name;
    }),
};
