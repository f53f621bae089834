import { createCheckpoint } from "@berth/client";
import type { Command } from "../command.ts";
import { folderFlag } from "./flags.ts";

/** `berth checkpoint create`. */
export const command: Command = {
  usage: "[OPTIONS] CONTAINER CHECKPOINT",
  flags: [folderFlag, { name: "leave-running", type: "bool", help: "Let the container run on; else it ends" }],
  examples: ["berth checkpoint create web before-update", "berth checkpoint create --leave-running web hourly"],
  min: 2,
  max: 2,
  run: async (context, parsed) => {
    const checkpoint = parsed.arg(1);
    const folder = parsed.string("checkpoint-dir");
    await createCheckpoint(context.engine, parsed.arg(0), { checkpoint, folder, exit: !parsed.bool("leave-running") });
    await context.stdout.write(`${checkpoint}\n`);
    return 0;
  },
};
