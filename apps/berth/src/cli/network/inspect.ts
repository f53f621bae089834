import { inspectNetwork } from "@berth/client";
import type { Command } from "../command.ts";
import { inspectAll, inspectFormatHelp } from "../format/inspect.ts";

/** `berth network inspect`. */
export const command: Command = {
  usage: "[OPTIONS] NETWORK [NETWORK...]",
  flags: [
    { name: "format", short: "f", type: "string", help: inspectFormatHelp },
    { name: "verbose", short: "v", type: "bool", help: "Verbose output for diagnostics" },
  ],
  examples: ["berth network inspect NAME", "berth network inspect -f '{{.Name}}' NAME"],
  min: 1,
  run: (context, parsed) =>
    inspectAll(context, parsed.args, {
      format: parsed.string("format"),
      fetch: (name) => inspectNetwork(context.engine, name, { verbose: parsed.bool("verbose") }),
    }),
};
