import { containerChanges } from "@berth/client";
import type { Command } from "../command.ts";

const letters: Readonly<Record<number, string>> = { 0: "C", 1: "A", 2: "D" };

/** `berth diff`. */
export const command: Command = {
  usage: "CONTAINER",
  flags: [],
  examples: ["berth diff web"],
  min: 1,
  max: 1,
  run: async (context, parsed) => {
    const name = parsed.arg(0);
    if (name === "") throw new Error("Container name cannot be empty");
    const changes = await containerChanges(context.engine, name);
    await context.stdout.write(changes.map(({ Path, Kind }) => `${letters[Kind] ?? "?"} ${Path}\n`).join(""));
    return 0;
  },
};
