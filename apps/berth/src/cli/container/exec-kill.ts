import { killExecs } from "@berth/client";
import type { Command } from "../command.ts";
import { forEach } from "../each.ts";

/** `berth exec kill`. */
export const command: Command = {
  usage: "[OPTIONS] EXEC|CONTAINER [EXEC|CONTAINER...]",
  flags: [{ name: "signal", short: "s", type: "string", help: "Which signal, e.g. HUP or 1; else KILL" }],
  examples: ["berth exec kill web", "berth exec kill -s HUP web", "berth exec kill $(berth exec ls -q web)"],
  min: 1,
  run: (context, parsed) =>
    forEach(context, parsed.args, async (reference) => {
      const { Execs } = await killExecs(context.engine, reference, parsed.string("signal"));
      return Execs.join("\n");
    }),
};
