import { killContainer } from "@berth/client";
import type { Command } from "../command.ts";
import { forEach } from "../each.ts";

/** `berth kill`. */
export const command: Command = {
  usage: "[OPTIONS] CONTAINER [CONTAINER...]",
  about:
    "Sends SIGKILL unless -s says another signal. Nothing is waited for, and the program has no time to finish its work; 'berth stop' gives it some.",
  flags: [{ name: "signal", short: "s", type: "string", values: "signal", help: "Which signal, e.g. HUP or 1; else KILL" }],
  examples: [
    { line: "berth kill -s HUP db", does: "Send a signal; many programs read their settings anew at HUP" },
    { line: "berth kill web", does: "End it at once" },
    { line: "berth kill web", does: "What does not run cannot be killed", code: 1 },
  ],
  seeAlso: ["stop", "rm", "exec kill"],
  offers: "running-container",
  min: 1,
  run: (context, parsed) =>
    forEach(context, parsed.args, async (name) => {
      await killContainer(context.engine, name, parsed.string("signal"));
      return name;
    }),
};
