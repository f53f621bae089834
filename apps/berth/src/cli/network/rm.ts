import { kindOf } from "@berth/base";
import { removeNetwork } from "@berth/client";
import type { Command } from "../command.ts";
import { forEach } from "../each.ts";

/** `berth network rm`. With `--force` a network that is not there is no failure. */
export const command: Command = {
  usage: "NETWORK [NETWORK...]",
  flags: [{ name: "force", short: "f", type: "bool", help: "Do not mind networks that are not there" }],
  examples: ["berth network rm backend", "berth network rm -f backend"],
  min: 1,
  run: (context, parsed) =>
    forEach(context, parsed.args, async (name) => {
      try {
        await removeNetwork(context.engine, name);
      } catch (error) {
        if (!parsed.bool("force") || kindOf(error) !== "not-found") throw error;
        return "";
      }
      return name;
    }),
};
