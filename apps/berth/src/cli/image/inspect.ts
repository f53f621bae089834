import { inspectImage } from "@berth/client";
import type { Command } from "../command.ts";
import { inspectAll, inspectFormatHelp } from "../format/inspect.ts";

/** `berth image inspect`. */
export const command: Command = {
  usage: "[OPTIONS] IMAGE [IMAGE...]",
  flags: [{ name: "format", short: "f", type: "string", values: ["json"], help: inspectFormatHelp }],
  examples: [
    { line: "berth image inspect -f '{{.Os}}/{{.Architecture}}' busybox", does: "One value" },
    { line: "berth image inspect busybox | head -n 3", does: "Everything, as JSON" },
  ],
  seeAlso: ["inspect", "history", "images"],
  min: 1,
  run: (context, parsed) =>
    inspectAll(context, parsed.args, {
      format: parsed.string("format"),
      fetch: (name) => inspectImage(context.engine, name),
    }),
};
