import { inspectContainer } from "@berth/client";
import type { Command } from "../command.ts";
import { inspectAll, inspectFormatHelp } from "../format/inspect.ts";

/** `berth container inspect`. */
export const command: Command = {
  usage: "[OPTIONS] CONTAINER [CONTAINER...]",
  flags: [
    { name: "format", short: "f", type: "string", values: ["json"], help: inspectFormatHelp },
    { name: "size", short: "s", type: "bool", help: "Count its files too: SizeRw and SizeRootFs, in bytes" },
  ],
  examples: [
    { line: "berth container inspect web | head -n 3", does: "Everything, as JSON" },
    { line: "berth container inspect -f '{{.State.Status}}' web db", does: "One value of each" },
    { line: "berth container inspect -f '{{json .HostConfig.PortBindings}}' web", does: "A part of it, as JSON" },
  ],
  seeAlso: ["inspect", "ps"],
  min: 1,
  run: (context, parsed) =>
    inspectAll(context, parsed.args, {
      format: parsed.string("format"),
      fetch: (name) => inspectContainer(context.engine, name, parsed.bool("size")),
    }),
};
