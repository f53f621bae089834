import { listCheckpoints } from "@berth/client";
import type { Command } from "../command.ts";
import { formatList } from "../format/rows.ts";
import { formatHelp } from "../format/text.ts";
import { folderFlag } from "./flags.ts";

/** `berth checkpoint ls`. */
export const command: Command = {
  usage: "[OPTIONS] CONTAINER",
  flags: [folderFlag, { name: "format", type: "string", values: ["table", "json"], help: formatHelp }],
  examples: [
    { line: "berth checkpoint ls count", does: "The checkpoints of a container" },
    { line: "berth checkpoint ls --format '{{.Name}}' count", does: "Names only" },
  ],
  seeAlso: ["checkpoint create", "checkpoint rm"],
  min: 1,
  max: 1,
  run: async (context, parsed) => {
    const checkpoints = await listCheckpoints(context.engine, parsed.arg(0), parsed.string("checkpoint-dir"));
    const asked = parsed.string("format") || "table";
    const format = asked === "table" ? "table {{.Name}}" : asked;
    const rows = checkpoints.map(({ Name }) => ({ Name }));
    await context.stdout.write(formatList({ format, headers: { Name: "CHECKPOINT NAME" }, rows }));
    return 0;
  },
};
