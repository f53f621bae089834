import type { Command } from "../command.ts";

/** `berth context show`. */
export const command: Command = {
  usage: "",
  flags: [],
  examples: [{ line: "berth context show", does: "The name of the context that commands use" }],
  seeAlso: ["context use", "context ls"],
  local: true,
  min: 0,
  max: 0,
  run: async (context) => {
    await context.stdout.write(`${context.contextName}\n`);
    return 0;
  },
};
