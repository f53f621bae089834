import { createCheckpoint } from "@berth/client";
import type { Command } from "../command.ts";
import { folderFlag } from "./flags.ts";

/** `berth checkpoint create`. */
export const command: Command = {
  usage: "[OPTIONS] CONTAINER CHECKPOINT",
  about:
    "Needs a daemon with --experimental, criu, and a container of the runtime runc. The container ends unless --leave-running is given.",
  flags: [folderFlag, { name: "leave-running", type: "bool", help: "Let the container run on; else it ends" }],
  examples: [
    { line: "berth checkpoint create --leave-running count hourly", does: "Keep what it is in the middle of, and let it run on" },
    { line: "berth checkpoint create count before-update", does: "Keep it and end it" },
  ],
  seeAlso: ["checkpoint ls", "checkpoint rm", "start"],
  offers: "running-container",
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
