import { removeCheckpoint } from "@berth/client";
import type { Command } from "../command.ts";
import { folderFlag } from "./flags.ts";

/** `berth checkpoint rm`. */
export const command: Command = {
  usage: "[OPTIONS] CONTAINER CHECKPOINT",
  flags: [folderFlag],
  examples: [{ line: "berth checkpoint rm count before-update", does: "Delete one; it holds the container's memory" }],
  seeAlso: ["checkpoint create", "checkpoint ls"],
  min: 2,
  max: 2,
  run: async (context, parsed) => {
    await removeCheckpoint(context.engine, parsed.arg(0), parsed.arg(1), parsed.string("checkpoint-dir"));
    return 0;
  },
};
