import { renameContainer } from "@berth/client";
import type { Command } from "../command.ts";
import { StatusError } from "../status.ts";

/** `berth rename`. */
export const command: Command = {
  usage: "CONTAINER NEW_NAME",
  about: "The id stays the same, and the container runs on.",
  flags: [],
  examples: [
    { line: "berth rename web web-old", does: "Keep the old one under another name" },
    { line: "berth ps --format '{{.Names}}' --filter name=web", does: "It runs on under its new name" },
  ],
  seeAlso: ["ps", "run"],
  min: 2,
  max: 2,
  run: async (context, parsed) => {
    const [oldName, newName] = [parsed.arg(0).trim(), parsed.arg(1).trim()];
    if (oldName === "" || newName === "") throw new StatusError(1, "Neither old nor new names may be empty");
    await renameContainer(context.engine, oldName, newName);
    return 0;
  },
};
