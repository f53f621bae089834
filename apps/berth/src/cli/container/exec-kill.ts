import { killExecs } from "@berth/client";
import type { Command } from "../command.ts";
import { forEach } from "../each.ts";

/** `berth exec kill`. */
export const command: Command = {
  usage: "[OPTIONS] EXEC|CONTAINER [EXEC|CONTAINER...]",
  about:
    "Reaches every process that belongs to an exec, also those that its program has left behind. The container itself and other execs go on.",
  flags: [{ name: "signal", short: "s", type: "string", values: "signal", help: "Which signal, e.g. HUP or 1; else KILL" }],
  examples: [
    { line: "berth exec -d web sleep 600", does: "Something to end" },
    { line: "berth exec kill web", does: "End all commands that were started in a container" },
    { line: "berth exec -d web sh -c 'trap \"exit 0\" HUP; while :; do sleep 1; done'", does: "One that listens to a signal" },
    { line: "berth exec kill -s HUP $(berth exec ls -q web)", does: "Send a signal to some of them, by their ids" },
  ],
  seeAlso: ["exec", "exec ls", "kill"],
  offers: "running-container",
  min: 1,
  run: (context, parsed) =>
    forEach(context, parsed.args, async (reference) => {
      const { Execs } = await killExecs(context.engine, reference, parsed.string("signal"));
      return Execs.join("\n");
    }),
};
