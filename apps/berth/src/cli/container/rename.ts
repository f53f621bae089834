import { renameContainer } from "@berth/client";
import type { Command } from "../command.ts";
import { StatusError } from "../status.ts";

/** `berth rename`. */
export const command: Command = {
  usage: "CONTAINER NEW_NAME",
  flags: [],
  examples: ["berth rename web web-old"],
  min: 2,
  max: 2,
  run: async (context, parsed) => {
    const [oldName, newName] = [parsed.arg(0).trim(), parsed.arg(1).trim()];
    if (oldName === "" || newName === "") throw new StatusError(1, "Neither old nor new names may be empty");
    await renameContainer(context.engine, oldName, newName);
    return 0;
  },
};
