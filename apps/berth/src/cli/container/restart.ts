import { restartContainer } from "@berth/client";
import type { Command } from "../command.ts";
import { forEach } from "../each.ts";
import { stoppingFlags, stoppingOptions } from "./options/stopping.ts";

/** `berth restart`. */
export const command: Command = {
  usage: "[OPTIONS] CONTAINER [CONTAINER...]",
  about: "The same as 'berth stop' and 'berth start': same id, same files, new processes. One that does not run is only started.",
  flags: stoppingFlags("10"),
  examples: [
    { line: "berth restart web", does: "End it and start it again" },
    { line: "berth restart -t 30 web db", does: "Two of them; each has 30 seconds to end by itself" },
  ],
  seeAlso: ["stop", "start", "update"],
  min: 1,
  run: (context, parsed) => {
    const options = stoppingOptions(parsed);
    return forEach(context, parsed.args, async (name) => {
      await restartContainer(context.engine, name, options);
      return name;
    });
  },
};
