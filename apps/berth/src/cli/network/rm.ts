import { kindOf } from "@berth/base";
import { removeNetwork } from "@berth/client";
import type { Command } from "../command.ts";
import { forEach } from "../each.ts";

/** `berth network rm`. With `--force` a network that is not there is no failure. */
export const command: Command = {
  usage: "NETWORK [NETWORK...]",
  about: "One that containers are on is refused.",
  flags: [{ name: "force", short: "f", type: "bool", help: "Do not mind networks that are not there" }],
  examples: [
    { line: "berth network create backend", does: "Something to delete" },
    { line: "berth network rm backend", does: "Delete it" },
    { line: "berth network rm -f backend", does: "It is no error if it is gone already" },
  ],
  seeAlso: ["network create", "network ls"],
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
