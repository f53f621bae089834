import { kindOf } from "@berth/base";
import { removeContainer } from "@berth/client";
import type { Command } from "../command.ts";
import { forEach } from "../each.ts";

/** `berth rm`. With `--force` a container that is not there is told but no failure. */
export const command: Command = {
  usage: "[OPTIONS] CONTAINER [CONTAINER...]",
  about:
    "Deletes a container with all that it has written, but not its image, and not volumes that have a name. One that runs is refused unless -f says otherwise.",
  flags: [
    { name: "force", short: "f", type: "bool", help: "Kill it first if it runs" },
    { name: "link", short: "l", type: "bool", help: "Take away a link, CONTAINER/ALIAS, not a container" },
    { name: "volumes", short: "v", type: "bool", help: "Delete its nameless volumes too" },
  ],
  examples: [
    { line: "berth rm web", does: "One that runs is refused", code: 1 },
    { line: "berth stop web && berth rm web", does: "Stop it, then delete it" },
    { line: "berth rm -f $(berth ps -aq)", does: "Delete every container, running or not" },
  ],
  seeAlso: ["stop", "container prune", "rmi"],
  min: 1,
  run: (context, parsed) => {
    const options = { force: parsed.bool("force"), link: parsed.bool("link"), volumes: parsed.bool("volumes") };
    return forEach(context, parsed.args, async (given) => {
      const name = given.replace(/^\/+|\/+$/g, "");
      if (name === "") throw new Error("container name cannot be empty");
      try {
        await removeContainer(context.engine, name, options);
      } catch (error) {
        if (!options.force || kindOf(error) !== "not-found") throw error;
        const { reportOne } = await import("../report.ts");
        await reportOne(error, context.stderr);
        return "";
      }
      return given;
    });
  },
};
