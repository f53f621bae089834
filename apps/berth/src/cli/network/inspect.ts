import { inspectNetwork } from "@berth/client";
import type { Command } from "../command.ts";
import { inspectAll, inspectFormatHelp } from "../format/inspect.ts";

/** `berth network inspect`. */
export const command: Command = {
  usage: "[OPTIONS] NETWORK [NETWORK...]",
  flags: [
    { name: "format", short: "f", type: "string", values: ["json"], help: inspectFormatHelp },
    { name: "verbose", short: "v", type: "bool", help: "Tell more, for finding faults" },
  ],
  examples: [
    { line: "berth network inspect -f '{{.Driver}}' bridge", does: "One value" },
    { line: "berth network inspect -f '{{len .Containers}}' bridge", does: "How many containers are on it" },
    { line: "berth network inspect bridge | head -n 3", does: "Everything, as JSON" },
  ],
  seeAlso: ["inspect", "network ls"],
  min: 1,
  run: (context, parsed) =>
    inspectAll(context, parsed.args, {
      format: parsed.string("format"),
      fetch: (name) => inspectNetwork(context.engine, name, { verbose: parsed.bool("verbose") }),
    }),
};
